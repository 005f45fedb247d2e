using System.Text.Json.Serialization;

namespace MlOps.Learning;

/// <summary>Reads and writes evaluations as JSON without reflection; an infinite ROC threshold is the text <c>"Infinity"</c>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(BinaryEvaluation))]
[JsonSerializable(typeof(RegressionEvaluation))]
[JsonSerializable(typeof(AucComparison))]
[JsonSerializable(typeof(ConfidenceInterval))]
[JsonSerializable(typeof(IReadOnlyList<FeatureImportance>))]
public sealed partial class EvaluationJsonContext : JsonSerializerContext;
