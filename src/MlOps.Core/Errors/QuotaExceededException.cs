namespace MlOps;

/// <summary>An environment's artifacts would take more bytes than its quota; what was being stored was not.</summary>
/// <param name="message">What is used, the quota, and what to do.</param>
/// <param name="usedBytes">Bytes stored before the refused upload.</param>
/// <param name="quotaBytes">The quota in bytes.</param>
public sealed class QuotaExceededException(string message, long usedBytes, long quotaBytes) : MlOpsException(message)
{
    /// <summary>Bytes stored before the refused upload.</summary>
    public long UsedBytes { get; } = usedBytes;

    /// <summary>The quota in bytes.</summary>
    public long QuotaBytes { get; } = quotaBytes;
}
