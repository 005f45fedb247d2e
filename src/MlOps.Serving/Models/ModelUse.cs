using System.Runtime.ExceptionServices;
using MlOps.Registry;

namespace MlOps.Serving;

/// <summary>What is remembered of a version whether it is in memory or not. Guarded by the pool's lock.</summary>
internal sealed class ModelUse(ModelVersionRef version)
{
    private const int LongestDoublings = 9;
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    public ModelVersionRef Version { get; } = version;

    /// <summary>What it took in memory when it was last loaded, or the estimate; 0 before.</summary>
    public long Bytes { get; set; }

    public bool IsMeasured { get; set; }

    public TimeSpan LoadTime { get; set; }

    public Timestamp? LoadedAt { get; set; }

    public Timestamp? LastUsedAt { get; set; }

    public long Requests { get; set; }

    public double Weight { get; set; }

    public long CountedAt { get; set; }

    public bool IsPinned { get; set; }

    /// <summary>Asked for by version, so that it stays when no endpoint serves it.</summary>
    public bool IsKept { get; set; }

    /// <summary>The endpoints that serve it, and how often (as a share and as a shadow).</summary>
    public SortedDictionary<string, int> Endpoints { get; } = new(StringComparer.Ordinal);

    /// <summary>What warm-up measured, by the way of batching.</summary>
    public Dictionary<BatchingOptions, BatchCurve> Curves { get; } = [];

    public IReadOnlyList<TensorSpec> Inputs { get; set; } = [];

    public IReadOnlyList<TensorSpec> Outputs { get; set; } = [];

    public string? Device { get; set; }

    public ExceptionDispatchInfo? Failure { get; private set; }

    public int Failures { get; private set; }

    public Timestamp? RetryAt { get; private set; }

    public bool IsWanted => IsPinned || IsKept || Endpoints.Count > 0;

    public void Failed(Exception error, Timestamp now, TimeSpan first)
    {
        Failure = ExceptionDispatchInfo.Capture(error);
        var pause = first * (1L << Math.Min(Failures++, LongestDoublings));
        RetryAt = now + (pause < LongestPause ? pause : LongestPause);
    }

    public void Loaded(Timestamp now, TimeSpan time)
    {
        (Failure, Failures, RetryAt) = (null, 0, null);
        (LoadedAt, LoadTime) = (now, time);
    }
}
