using System.Text.Json.Serialization;

namespace MlOps.Environments;

[JsonSourceGenerationOptions(WriteIndented = true)]
[JsonSerializable(typeof(EnvironmentStamp))]
internal sealed partial class EnvironmentStampJson : JsonSerializerContext;
