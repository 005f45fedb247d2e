namespace MlOps.Serving;

/// <summary>
/// What computing one row takes, counted over the graph: matrix products and convolutions as two operations per multiply-add, trees as
/// one comparison per level; all other nodes are left out, so it is a lower bound.
/// </summary>
/// <param name="Operations">Arithmetic operations of one row.</param>
/// <param name="WeightBytes">Bytes of the stored weights, which every run reads once.</param>
/// <param name="ActivationBytes">Bytes of the tensors between the nodes for one row, each written once and read once.</param>
public sealed record ModelWork(double Operations, long WeightBytes, long ActivationBytes)
{
    /// <summary>Bytes that a run of some rows moves at least when nothing stays in the caches.</summary>
    /// <param name="rows">The rows.</param>
    /// <returns>The bytes.</returns>
    public double Bytes(int rows) => WeightBytes + (2.0 * ActivationBytes * rows);

    /// <summary>The roofline (Williams, Waterman, Patterson 2009): the least time that a run of some rows can take on a machine's one thread.</summary>
    /// <param name="machine">What the machine can do.</param>
    /// <param name="rows">The rows.</param>
    /// <returns>The time.</returns>
    public TimeSpan Least(MachineProfile machine, int rows)
    {
        ArgumentNullException.ThrowIfNull(machine);
        return TimeSpan.FromSeconds(Math.Max(Operations * rows / machine.GemmFlops, Bytes(rows) / machine.CopyBytesPerSecond));
    }
}
