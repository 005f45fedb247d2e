using MlOps.Serving;

namespace MlOps.Benchmarks.Models;

/// <summary>A model that the suite measures, and what its open dimensions are set to.</summary>
internal sealed record CatalogueModel(string Name, bool Real, Func<byte[]> Make)
{
    public IReadOnlyDictionary<string, int> Dimensions { get; init; } = new Dictionary<string, int>();

    public IReadOnlyDictionary<string, double> Constants { get; init; } = new Dictionary<string, double>();

    /// <summary>A request for its tuning.</summary>
    public ModelTuningRequest Request(TimeSpan budget, int seed = 1) => new()
    {
        Name = Name,
        Dimensions = Dimensions,
        Constants = Constants,
        IntegerLimit = 1000,
        Budget = budget,
        Seed = seed,
    };
}
