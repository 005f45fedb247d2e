namespace MlOps.Serving;

/// <summary>Copies rows between tensors that differ in one dimension only: padding on the way in, cutting on the way out.</summary>
internal static class TensorCopy
{
    /// <summary>Copies rows into longer ones and fills the rest.</summary>
    /// <param name="from">The rows.</param>
    /// <param name="to">The longer rows.</param>
    /// <param name="length">The length dimension of the source.</param>
    /// <param name="padded">The length dimension of the target.</param>
    /// <param name="inner">The bytes of one step of the length dimension.</param>
    /// <param name="pad">One element of padding.</param>
    public static void Pad(ReadOnlySpan<byte> from, Span<byte> to, int length, int padded, int inner, ReadOnlySpan<byte> pad)
    {
        var (step, wide) = (length * inner, padded * inner);
        for (int source = 0, target = 0; source < from.Length; source += step, target += wide)
        {
            from.Slice(source, step).CopyTo(to[target..]);
            Fill(to.Slice(target + step, wide - step), pad);
        }
    }

    /// <summary>Copies the beginnings of longer rows.</summary>
    /// <param name="from">The longer rows.</param>
    /// <param name="to">The shorter rows.</param>
    /// <param name="length">The length dimension of the target.</param>
    /// <param name="padded">The length dimension of the source.</param>
    /// <param name="inner">The bytes of one step of the length dimension.</param>
    public static void Cut(ReadOnlySpan<byte> from, Span<byte> to, int length, int padded, int inner)
    {
        var (step, wide) = (length * inner, padded * inner);
        for (int source = 0, target = 0; target < to.Length; source += wide, target += step)
            from.Slice(source, step).CopyTo(to[target..]);
    }

    /// <summary>Repeats an element.</summary>
    public static void Fill(Span<byte> to, ReadOnlySpan<byte> element)
    {
        if (!element.ContainsAnyExcept((byte)0))
        {
            to.Clear();
            return;
        }

        for (var i = 0; i < to.Length; i += element.Length)
            element.CopyTo(to[i..]);
    }
}
