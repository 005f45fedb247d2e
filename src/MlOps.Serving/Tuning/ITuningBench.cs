namespace MlOps.Serving;

/// <summary>Where settings are tried. Blocks while it measures; not thread-safe.</summary>
internal interface ITuningBench : IDisposable
{
    /// <summary>Cores that may work.</summary>
    int Cores { get; }

    /// <summary>The most rows that one run takes.</summary>
    int LargestBatch { get; }

    /// <summary>How many different rows the measurements take in turn.</summary>
    int DistinctRows { get; }

    /// <summary>Time since the tuning began.</summary>
    TimeSpan Elapsed { get; }

    /// <summary>Runs batches of one size on some threads at once, for a time or at least once on each.</summary>
    TuningSample Run(OnnxRuntimeOptions session, int rows, int instances, TimeSpan atLeast);

    /// <summary>Lets callers ask the batching engine one row after the other, for a time.</summary>
    TuningSample RunEngine(OnnxRuntimeOptions session, BatchingOptions batching, int callers, TimeSpan atLeast, BatchCurve? curve = null);

    /// <summary>Lets a session go that is tried no more.</summary>
    void Release(OnnxRuntimeOptions session);
}
