namespace MlOps;

/// <summary>Whether what was served is what history says was known at that moment.</summary>
/// <param name="Rows">Logged predictions compared.</param>
/// <param name="Values">Feature values compared, bit for bit.</param>
/// <param name="Different">Values that differ.</param>
/// <param name="ByFeature">Values that differ, by feature; only features that differ.</param>
public sealed record SkewReport(int Rows, long Values, long Different, IReadOnlyDictionary<string, long> ByFeature)
{
    /// <summary>Whether every value agrees.</summary>
    public bool IsConsistent => Different == 0;
}
