namespace MlOps.Serving;

/// <summary>What one short measurement came to.</summary>
/// <param name="Rows">Rows computed.</param>
/// <param name="Seconds">Time passed.</param>
/// <param name="SecondsPerRun">The median time of one run; 0 where single runs are not seen.</param>
internal readonly record struct TuningSample(long Rows, double Seconds, double SecondsPerRun)
{
    public double RowsPerSecond => Rows / Seconds;
}
