using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace MlOps;

public sealed partial class DataFrame
{
    /// <summary>Cuts the frame by time: rows before the first boundary, rows from it to before the second, and so on. Nulls are left out.</summary>
    /// <param name="column">The timestamp column; it need not be sorted.</param>
    /// <param name="boundaries">The boundaries, ascending; each belongs to the part after it.</param>
    /// <returns>One frame more than there are boundaries; rows keep their order.</returns>
    /// <exception cref="InvalidInputException">There is no boundary, or they do not ascend.</exception>
    public IReadOnlyList<DataFrame> SplitByTime(string column, params ReadOnlySpan<Timestamp> boundaries)
    {
        if (boundaries.IsEmpty)
            throw new InvalidInputException("SplitByTime needs at least one boundary.");
        for (var i = 1; i < boundaries.Length; i++)
        {
            if (boundaries[i] <= boundaries[i - 1])
                throw new InvalidInputException($"SplitByTime boundaries must ascend, but {boundaries[i]} follows {boundaries[i - 1]}.");
        }

        var times = Column<Timestamp>(column);
        var values = times.Span;
        var parts = new int[RowCount];
        for (var i = 0; i < parts.Length; i++)
        {
            var at = boundaries.BinarySearch(values[i]);
            parts[i] = times.IsNull(i) ? -1 : at >= 0 ? at + 1 : ~at;
        }

        return Part(parts, boundaries.Length + 1);
    }

    /// <summary>
    /// Cuts the frame by a key, so that all rows of a key land in one part, the same on every machine and in every run, and independent of
    /// the other rows. The parts come near the shares as the number of keys grows.
    /// </summary>
    /// <param name="column">The key column; null is a key.</param>
    /// <param name="shares">The share of each part, such as 0.8 and 0.2; they are taken relative to their sum.</param>
    /// <param name="salt">Another number gives another cut.</param>
    /// <returns>A frame per share; rows keep their order.</returns>
    /// <exception cref="InvalidInputException">Fewer than two shares, or one that is not positive.</exception>
    public IReadOnlyList<DataFrame> SplitByKey(string column, ReadOnlySpan<double> shares, int salt = 0)
    {
        if (shares.Length < 2)
            throw new InvalidInputException("SplitByKey needs at least two shares, such as [0.8, 0.2].");
        var bounds = new double[shares.Length];
        var total = 0.0;
        for (var i = 0; i < shares.Length; i++)
        {
            if (!(shares[i] > 0) || double.IsInfinity(shares[i]))
                throw new InvalidInputException($"SplitByKey shares must be positive numbers, but share {i} is {shares[i]}.");
            bounds[i] = total += shares[i];
        }

        var codes = this[column].Encode(new ValueCodes(), grow: true);
        var partOfCode = new Dictionary<int, int>();
        var parts = new int[RowCount];
        for (var i = 0; i < parts.Length; i++)
        {
            ref var part = ref CollectionsMarshal.GetValueRefOrAddDefault(partOfCode, codes[i], out var known);
            if (!known)
            {
                var point = (StableHash(this[column].GetValue(i), salt) >> 11) * (1.0 / (1UL << 53)) * total;
                var at = Array.FindIndex(bounds, bound => point < bound);
                part = at < 0 ? bounds.Length - 1 : at;
            }

            parts[i] = part;
        }

        return Part(parts, shares.Length);
    }

    // Stored splits depend on these bits: never change them. FNV-1a over the value's bytes, then Murmur3's finaliser.
    private static ulong StableHash(object? value, int salt)
    {
        Span<byte> number = stackalloc byte[8];
        ReadOnlySpan<byte> bytes = number;
        switch (value)
        {
            case string text:
                bytes = Encoding.UTF8.GetBytes(text);
                break;
            case null:
                bytes = default;
                break;
            default:
                BinaryPrimitives.WriteInt64LittleEndian(number, value switch
                {
                    bool flag => flag ? 1 : 0,
                    int small => small,
                    long large => large,
                    float single => BitConverter.DoubleToInt64Bits(single),
                    double real => BitConverter.DoubleToInt64Bits(real == 0 ? 0 : real),
                    Timestamp moment => moment.Microseconds,
                    _ => throw new InvalidInputException($"A key of type {value.GetType().Name} cannot be hashed."),
                });
                break;
        }

        var hash = 14695981039346656037UL ^ ((ulong)(uint)salt * 0x9E3779B97F4A7C15UL);
        foreach (var b in bytes)
            hash = (hash ^ b) * 1099511628211UL;
        hash = (hash ^ (hash >> 33)) * 0xFF51AFD7ED558CCDUL;
        hash = (hash ^ (hash >> 33)) * 0xC4CEB9FE1A85EC53UL;
        return hash ^ (hash >> 33);
    }

    private DataFrame[] Part(int[] parts, int count)
    {
        var rows = new List<int>[count];
        for (var p = 0; p < count; p++)
            rows[p] = [];
        for (var i = 0; i < parts.Length; i++)
        {
            if (parts[i] >= 0)
                rows[parts[i]].Add(i);
        }

        return Array.ConvertAll(rows, part => Take(CollectionsMarshal.AsSpan(part)));
    }
}
