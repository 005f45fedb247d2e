namespace MlOps.Features;

/// <summary>The k-minimum-values estimate of a number of distinct values. It is a function of the set of hashes, whatever order they came in.</summary>
internal static class DistinctEstimate
{
    /// <summary>From the distinct hashes, ascending as unsigned numbers; those beyond the first <paramref name="size"/> do not matter.</summary>
    public static double Of(ReadOnlySpan<ulong> ascending, int size) =>
        ascending.Length < size ? ascending.Length : OfSmallest(ascending[size - 1], size);

    /// <summary>From the hash of the last place within the size, where there are so many.</summary>
    public static double OfSmallest(ulong last, int size) => (size - 1) / ((last + 1.0) / 18446744073709551616.0);
}
