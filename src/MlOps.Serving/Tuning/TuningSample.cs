namespace MlOps.Serving;

/// <summary>What one short measurement came to.</summary>
/// <param name="Rows">Rows computed.</param>
/// <param name="Seconds">Time passed.</param>
/// <param name="SecondsPerRun">The time of one run, the lower quartile of several; 0 where single runs are not seen.</param>
/// <param name="CpuSeconds">Processor time of the whole process, idle spinning included.</param>
internal readonly record struct TuningSample(long Rows, double Seconds, double SecondsPerRun, double CpuSeconds)
{
    /// <summary>By the time that passed, whatever else the machine did.</summary>
    public double PassedRowsPerSecond => PassedSeconds > 0 ? Rows / PassedSeconds : RowsPerSecond;

    /// <summary>The time that passed where <see cref="Seconds"/> leaves disturbances out; else 0.</summary>
    public double PassedSeconds { get; init; }

    /// <summary>Times of single runs as they passed, disturbances included; a few evenly spaced ones.</summary>
    public double[] Times { get; init; } = [];

    /// <summary>Seconds that single runs took longer than the usual one where that is several times as long: something else had the processor.</summary>
    public double[] Stalls { get; init; } = [];

    public double CpuPerRow => CpuSeconds / Rows;

    public double RowsPerSecond => Rows / Seconds;
}
