using System.Text.Json.Serialization;

namespace MlOps.Monitoring;

[JsonSerializable(typeof(ReferenceProfile))]
[JsonSerializable(typeof(DriftReport))]
[JsonSerializable(typeof(QualityReport))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
internal sealed partial class MonitoringJson : JsonSerializerContext;
