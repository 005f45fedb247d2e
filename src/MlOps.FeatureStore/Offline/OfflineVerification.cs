namespace MlOps.Features;

/// <summary>What a check of a view's segments found.</summary>
/// <param name="View">The view.</param>
/// <param name="Segments">How many segments were checked.</param>
/// <param name="Bytes">How many bytes they have.</param>
/// <param name="Damages">What is damaged; empty when all is sound.</param>
public sealed record OfflineVerification(string View, int Segments, long Bytes, IReadOnlyList<OfflineDamage> Damages)
{
    /// <summary>Whether nothing is damaged.</summary>
    public bool IsSound => Damages.Count == 0;
}
