using System.Numerics;

namespace MlOps.Features;

/// <summary>The least and the greatest of many numbers.</summary>
internal static class WordRange
{
    /// <summary>The bounds; the other way round when there are no numbers.</summary>
    public static (long Least, long Most) Of(ReadOnlySpan<long> words)
    {
        long least = long.MaxValue, most = long.MinValue;
        var i = 0;
        if (words.Length >= Vector<long>.Count)
        {
            var (low, high) = (new Vector<long>(least), new Vector<long>(most));
            for (; i <= words.Length - Vector<long>.Count; i += Vector<long>.Count)
            {
                var some = new Vector<long>(words[i..]);
                low = Vector.Min(low, some);
                high = Vector.Max(high, some);
            }

            for (var lane = 0; lane < Vector<long>.Count; lane++)
                (least, most) = (Math.Min(least, low[lane]), Math.Max(most, high[lane]));
        }

        for (; i < words.Length; i++)
            (least, most) = (Math.Min(least, words[i]), Math.Max(most, words[i]));
        return (least, most);
    }
}
