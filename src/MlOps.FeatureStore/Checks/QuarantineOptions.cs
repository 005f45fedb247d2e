namespace MlOps.Features;

/// <summary>How much of what failed its checks is kept, and for how long. Beyond a bound the oldest batches are dropped, with an entry in the log.</summary>
public sealed class QuarantineOptions
{
    /// <summary>How many bytes of batches are kept, all views together. A batch that is larger alone is refused without being kept.</summary>
    /// <value>1 GiB by default.</value>
    public long MaxBytes { get; set; } = 1L << 30;

    /// <summary>How long a batch is kept, and its record after it was closed.</summary>
    /// <value>30 days by default.</value>
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromDays(30);
}
