using System.Numerics;

namespace MlOps.Features;

/// <summary>The smallest and largest of neighbouring values, several at a time.</summary>
internal static class Extremes
{
    public static long Min(ReadOnlySpan<long> values)
    {
        var least = long.MaxValue;
        if (Vector.IsHardwareAccelerated && values.Length >= 2 * Vector<long>.Count)
        {
            var found = new Vector<long>(values);
            for (values = values[Vector<long>.Count..]; values.Length >= Vector<long>.Count; values = values[Vector<long>.Count..])
                found = Vector.Min(found, new Vector<long>(values));
            for (var i = 0; i < Vector<long>.Count; i++)
                least = Math.Min(least, found[i]);
        }

        foreach (var value in values)
            least = Math.Min(least, value);
        return least;
    }

    public static long Max(ReadOnlySpan<long> values)
    {
        var most = long.MinValue;
        if (Vector.IsHardwareAccelerated && values.Length >= 2 * Vector<long>.Count)
        {
            var found = new Vector<long>(values);
            for (values = values[Vector<long>.Count..]; values.Length >= Vector<long>.Count; values = values[Vector<long>.Count..])
                found = Vector.Max(found, new Vector<long>(values));
            for (var i = 0; i < Vector<long>.Count; i++)
                most = Math.Max(most, found[i]);
        }

        foreach (var value in values)
            most = Math.Max(most, value);
        return most;
    }
}
