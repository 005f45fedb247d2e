namespace MlOps.Features;

/// <summary>What happens when rows would take a view's online state beyond its memory bound, after entities that can matter to no read were dropped.</summary>
public enum OnlineMemoryPolicy
{
    /// <summary>The rows are refused with a <see cref="QuotaExceededException"/>; every answer stays exact.</summary>
    Refuse = 0,

    /// <summary>The entities whose newest event is oldest are taken out, and read as never seen until they are pushed again.</summary>
    EvictOldest = 1,
}
