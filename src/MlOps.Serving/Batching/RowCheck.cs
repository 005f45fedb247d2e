using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MlOps.Serving;

/// <summary>Copies rows and finds what is not a number in them, in one pass.</summary>
internal static class RowCheck
{
    /// <summary>Copies a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="to">Where to; as long.</param>
    /// <param name="passNaN">Whether NaN may pass; infinities never do.</param>
    /// <returns>The position of the first value that may not pass, or -1.</returns>
    public static int Copy(ReadOnlySpan<float> row, Span<float> to, bool passNaN)
    {
        // x * 0 is NaN for infinities and NaN, and 0 for all others.
        var sum = 0f;
        var sound = true;
        var i = 0;
        ref var source = ref MemoryMarshal.GetReference(row);
        ref var target = ref MemoryMarshal.GetReference(to[..row.Length]);
        if (Vector.IsHardwareAccelerated && row.Length >= Vector<float>.Count)
        {
            var total = Vector<float>.Zero;
            var last = row.Length - Vector<float>.Count;
            for (; i <= last; i += Vector<float>.Count)
            {
                var values = Unsafe.ReadUnaligned<Vector<float>>(ref Unsafe.As<float, byte>(ref Unsafe.Add(ref source, i)));
                Unsafe.WriteUnaligned(ref Unsafe.As<float, byte>(ref Unsafe.Add(ref target, i)), values);
                total += values * Vector<float>.Zero;
            }

            sound = Vector.EqualsAll(total, Vector<float>.Zero);
        }

        for (; i < row.Length; i++)
        {
            var value = Unsafe.Add(ref source, i);
            Unsafe.Add(ref target, i) = value;
            sum += value * 0f;
        }

        return sound && sum == 0f ? -1 : FindFirst(row, passNaN);
    }

    /// <summary>The position of the first value that may not pass, or -1.</summary>
    public static int Find(ReadOnlySpan<float> row, bool passNaN)
    {
        var sum = 0f;
        var i = 0;
        if (Vector.IsHardwareAccelerated && row.Length >= Vector<float>.Count)
        {
            var vectors = MemoryMarshal.Cast<float, Vector<float>>(row);
            var total = Vector<float>.Zero;
            foreach (var vector in vectors)
                total += vector * Vector<float>.Zero;
            sum = Vector.Sum(total);
            i = vectors.Length * Vector<float>.Count;
        }

        for (; i < row.Length; i++)
            sum += row[i] * 0f;
        return sum == 0f ? -1 : FindFirst(row, passNaN);
    }

    private static int FindFirst(ReadOnlySpan<float> row, bool passNaN)
    {
        for (var i = 0; i < row.Length; i++)
        {
            if (float.IsInfinity(row[i]) || (!passNaN && float.IsNaN(row[i])))
                return i;
        }

        return -1;
    }
}
