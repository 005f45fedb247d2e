namespace MlOps.Benchmarks.MlPerf;

/// <summary>The four scenarios of MLPerf Inference.</summary>
internal enum LoadScenario
{
    /// <summary>One query of one sample at a time; the 90th percentile of latency counts.</summary>
    SingleStream,

    /// <summary>One query of eight samples at a time; the 99th percentile counts.</summary>
    MultiStream,

    /// <summary>Queries of one sample as a Poisson process; the highest rate counts at which 99 % keep the bound.</summary>
    Server,

    /// <summary>All samples at once; samples a second count.</summary>
    Offline,
}
