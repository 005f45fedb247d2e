using System.Text.Json.Serialization;

namespace MlOps.Features;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(ViewDocument))]
[JsonSerializable(typeof(ServiceDocument))]
[JsonSerializable(typeof(ChangeDocument[]))]
[JsonSerializable(typeof(StatisticsDocument))]
internal sealed partial class CatalogueJson : JsonSerializerContext;
