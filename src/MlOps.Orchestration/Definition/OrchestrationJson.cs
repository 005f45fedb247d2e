using System.Text.Json;
using System.Text.Json.Serialization;
using MlOps.Registry;

namespace MlOps.Orchestration;

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PipelineDefinition))]
[JsonSerializable(typeof(ModelVersionRef))]
[JsonSerializable(typeof(ArtifactRef))]
[JsonSerializable(typeof(ModelProvenance))]
[JsonSerializable(typeof(PromotionOptions))]
[JsonSerializable(typeof(IReadOnlyList<GateResult>))]
[JsonSerializable(typeof(PromotionRecord))]
[JsonSerializable(typeof(Done))]
[JsonSerializable(typeof(bool))]
[JsonSerializable(typeof(int))]
[JsonSerializable(typeof(long))]
[JsonSerializable(typeof(double))]
[JsonSerializable(typeof(float))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(Timestamp))]
[JsonSerializable(typeof(TimeSpan))]
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(Dictionary<string, double>))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class OrchestrationJson : JsonSerializerContext;
