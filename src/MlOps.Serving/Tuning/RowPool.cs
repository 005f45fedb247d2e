namespace MlOps.Serving;

/// <summary>
/// The rows that measurements take in turn. Trees on a repeated row look four times faster than they are, because the processor learns
/// its branches, so the pool is large and says how many different rows it has.
/// </summary>
internal sealed class RowPool
{
    private const long MaximumBytes = 48L << 20;
    private const int GeneratedRows = 4096;

    private readonly float[] _values;

    private RowPool(float[] values, int width)
    {
        _values = values;
        Width = width;
        Count = values.Length / width;
        Distinct = CountDistinct();
    }

    public int Width { get; }

    public int Count { get; }

    /// <summary>Rows that differ.</summary>
    public int Distinct { get; }

    public ReadOnlySpan<float> this[long index] => _values.AsSpan((int)((ulong)index % (ulong)Count) * Width, Width);

    public ReadOnlyMemory<float> Row(long index) => _values.AsMemory((int)((ulong)index % (ulong)Count) * Width, Width);

    /// <summary>Copies rows from a position on, starting over at the end.</summary>
    public void Copy(long start, int rows, Span<float> destination)
    {
        var at = (int)((ulong)start % (ulong)Count);
        while (rows > 0)
        {
            var take = Math.Min(rows, Count - at);
            _values.AsSpan(at * Width, take * Width).CopyTo(destination);
            destination = destination[(take * Width)..];
            rows -= take;
            at = 0;
        }
    }

    public static RowPool From(IReadOnlyList<float[]> rows, int width, string subject)
    {
        var values = new float[checked(rows.Count * width)];
        for (var i = 0; i < rows.Count; i++)
        {
            if (rows[i].Length != width)
                throw new InvalidInputException($"Row {i + 1} of the inputs for tuning {subject} has {rows[i].Length} values; the model takes {width}.");
            rows[i].CopyTo(values, i * width);
        }

        return new RowPool(values, width);
    }

    /// <summary>Varied rows: floats around zero, whole numbers below a limit (1 for masks, 0 for types of tokens).</summary>
    public static RowPool Generate(IReadOnlyList<FlatPart> parts, int integerLimit, int seed)
    {
        var width = parts.Sum(part => part.Width);
        var rows = (int)Math.Clamp(MaximumBytes / (sizeof(float) * (long)width), 4, GeneratedRows);
        var values = new float[checked(rows * width)];
        var random = new Random(seed);
        for (var row = 0; row < rows; row++)
        {
            foreach (var part in parts)
            {
                var span = values.AsSpan((row * width) + part.Offset, part.Width);
                var mask = part.Name.Contains("mask", StringComparison.OrdinalIgnoreCase);
                var type = part.Name.Contains("type", StringComparison.OrdinalIgnoreCase);
                foreach (ref var value in span)
                    value = part.IsFloat ? (float)(random.NextDouble() * 2) - 1 : mask ? 1 : type ? 0 : random.Next(1, integerLimit);
            }
        }

        return new RowPool(values, width);
    }

    private int CountDistinct()
    {
        var seen = new HashSet<int>();
        for (var row = 0; row < Count; row++)
        {
            var hash = new HashCode();
            hash.AddBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(this[row]));
            seen.Add(hash.ToHashCode());
        }

        return seen.Count;
    }
}
