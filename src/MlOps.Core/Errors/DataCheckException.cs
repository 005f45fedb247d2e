namespace MlOps;

/// <summary>Data do not meet the checks declared for them; nothing of them was used.</summary>
/// <param name="message">Which expectations are not met, in how many rows, and what to do; no values of the data.</param>
/// <param name="report">What the checks found.</param>
/// <param name="quarantineId">Where the refused batch is kept; null when it is not.</param>
public sealed class DataCheckException(string message, DataCheckReport report, string? quarantineId = null) : MlOpsException(message)
{
    /// <summary>What the checks found.</summary>
    public DataCheckReport Report { get; } = report;

    /// <summary>Where the refused batch is kept; null when it is not.</summary>
    public string? QuarantineId { get; } = quarantineId;
}
