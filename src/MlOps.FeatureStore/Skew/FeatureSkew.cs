namespace MlOps.Features;

/// <summary>What an audit found about one feature.</summary>
public sealed record FeatureSkew
{
    /// <summary>The feature's name in the service.</summary>
    public required string Feature { get; init; }

    /// <summary>Its view; null for a feature that the service computes of others.</summary>
    public string? View { get; init; }

    /// <summary>Values compared.</summary>
    public long Compared { get; init; }

    /// <summary>Values that agree, those within the allowed lag included.</summary>
    public long Equal { get; init; }

    /// <summary>Values that agree only with what was known within <see cref="SkewComparison.AllowedLag"/> before.</summary>
    public long WithinLag { get; init; }

    /// <summary>Values on both sides that differ.</summary>
    public long Mismatched { get; init; }

    /// <summary>No value was served, but there is one offline.</summary>
    public long MissingOnline { get; init; }

    /// <summary>A value was served, but there is none offline.</summary>
    public long Extra { get; init; }

    /// <summary>Not compared: the offline store may not hold the rows yet.</summary>
    public long Pending { get; init; }

    /// <summary>Not compared: read before the online store was exact (<see cref="FeatureViewStatus.ExactFrom"/>).</summary>
    public long Coarse { get; init; }

    /// <summary>Everything that differs: mismatched, missing online and extra.</summary>
    public long Different => Mismatched + MissingOnline + Extra;

    /// <summary>The share of compared values that differ.</summary>
    public double Rate => Compared == 0 ? 0 : Different / (double)Compared;

    /// <summary>The symmetric mean absolute percentage error, 0 to 2, over values that are there on both sides: mean of 2|s - r| / (|s| + |r|).</summary>
    public double Smape { get; init; }

    /// <summary>How far the mismatches lie apart.</summary>
    public SkewDelta Delta { get; init; }

    /// <summary>Why; null when nothing differs.</summary>
    public SkewFinding? Finding { get; init; }

    /// <summary>The latest request in which it differs; null when nothing differs.</summary>
    public Timestamp? NewestDifference { get; init; }

    /// <summary>Some of the values that differ, the earliest first.</summary>
    public IReadOnlyList<SkewExample> Examples { get; init; } = [];
}
