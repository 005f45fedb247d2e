namespace MlOps.Features.Tests;

/// <summary>What goes wrong between the source of the rows and the caller; everything is right by default.</summary>
internal sealed record SkewFault
{
    /// <summary>What the online store is given instead of a row; nothing for a lost one. The offline store is given the row itself.</summary>
    public Func<string, SkewRow, IEnumerable<SkewRow>> Online { get; init; } = static (_, row) => [row];

    /// <summary>When it is given it.</summary>
    public Func<string, SkewRow, Timestamp> PushedAt { get; init; } = static (_, row) => row.Known;

    /// <summary>What the offline store is given.</summary>
    public Func<string, SkewRow, bool> Offline { get; init; } = static (_, _) => true;

    /// <summary>What stands between the store and the caller.</summary>
    public Func<IFeatureVectorSource, FakeSource> Between { get; init; } = static source => new FakeSource(source);

    /// <summary>The definitions by which the serving process runs; its rows lie in its own store.</summary>
    public FeatureView[]? ServerViews { get; init; }

    /// <summary>Rows that are delivered again under another source.</summary>
    public Func<string, SkewRow, bool> Again { get; init; } = static (_, _) => false;

    /// <summary>How many combinations of keys are asked for; any when null.</summary>
    public int? Combinations { get; init; }
}
