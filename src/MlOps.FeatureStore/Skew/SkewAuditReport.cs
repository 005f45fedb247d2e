namespace MlOps.Features;

/// <summary>Whether a service answered as its definition says: served vectors against recomputed ones.</summary>
public sealed record SkewAuditReport
{
    /// <summary>The service with the hash of its definitions, by which the vectors were recomputed.</summary>
    public required string Service { get; init; }

    /// <summary>Requests from this moment on.</summary>
    public required Timestamp From { get; init; }

    /// <summary>Requests before this moment.</summary>
    public required Timestamp To { get; init; }

    /// <summary>When the audit ran.</summary>
    public required Timestamp AuditedAt { get; init; }

    /// <summary>Logged vectors of the period that were looked at.</summary>
    public required int Vectors { get; init; }

    /// <summary>Vectors of the period that were left out, whole keys each, because there were too many.</summary>
    public int Thinned { get; init; }

    /// <summary>Vectors whose keys do not fit the service as it is defined now.</summary>
    public int Unusable { get; init; }

    /// <summary>Files of the log with damage; what could be read of them was.</summary>
    public IReadOnlyList<string> DamagedFiles { get; init; } = [];

    /// <summary>Vectors by the definition (name@hash) that they were served under. Others than <see cref="Service"/> are compared by feature name.</summary>
    public IReadOnlyDictionary<string, int> Definitions { get; init; } = new Dictionary<string, int>();

    /// <summary>How far the requests' moments lay ahead of the server's clock, on the median; far from zero, the caller passes a wrong moment.</summary>
    public TimeSpan MomentAheadOfClock { get; init; }

    /// <summary>The features in the order of the service.</summary>
    public required IReadOnlyList<FeatureSkew> Features { get; init; }

    /// <summary>Values compared.</summary>
    public long Values => Features.Sum(feature => feature.Compared);

    /// <summary>Values that differ.</summary>
    public long Different => Features.Sum(feature => feature.Different);

    /// <summary>Values that await offline ingestion.</summary>
    public long Pending => Features.Sum(feature => feature.Pending);

    /// <summary>Values read before the online store was exact.</summary>
    public long Coarse => Features.Sum(feature => feature.Coarse);

    /// <summary>The share of compared values that differ.</summary>
    public double Rate => Values == 0 ? 0 : Different / (double)Values;

    /// <summary>What it comes to.</summary>
    public SkewVerdict Verdict => Different > 0 ? SkewVerdict.Skewed : Values > 0 ? SkewVerdict.Consistent : SkewVerdict.NothingCompared;
}
