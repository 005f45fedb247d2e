using System.Globalization;
using MlOps.Benchmarks.Models;

namespace MlOps.Benchmarks.Claims.Serving;

/// <summary>Which models the heavy claims measure, and for how long: all of them, unless the environment asks for a smaller run.</summary>
internal static class SuiteModels
{
    /// <summary>A comma-separated list of models.</summary>
    public const string ModelsVariable = "MLOPS_SUITE_MODELS";

    /// <summary>Seconds that each model's tuning may take.</summary>
    public const string SecondsVariable = "MLOPS_SUITE_SECONDS";

    public static IReadOnlyList<CatalogueModel> Chosen =>
        Environment.GetEnvironmentVariable(ModelsVariable) is { Length: > 0 } names
            ? [.. names.Split(',').Select(name => ModelCatalogue.Find(name) ?? throw new InvalidOperationException($"{ModelsVariable} names '{name}', which is not in the catalogue."))]
            : ModelCatalogue.All;

    public static TimeSpan Budget =>
        TimeSpan.FromSeconds(double.TryParse(Environment.GetEnvironmentVariable(SecondsVariable), CultureInfo.InvariantCulture, out double seconds) ? seconds : 8);
}
