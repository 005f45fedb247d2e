using System.Runtime.InteropServices;

namespace MlOps;

/// <summary>64-bit hashes of values; equal values have equal ones, the two zeros and all NaN among them. Good bits, no defence against an adversary.</summary>
internal static class ValueHash
{
    private const ulong Null = 0x9E3779B97F4A7C15;

    /// <summary>Mixes the hashes of a column's rows, from a start, into those of the rows so far.</summary>
    public static void Mix(DataColumn column, int start, Span<ulong> hashes)
    {
        switch (column)
        {
            case DataColumn<bool> values:
                Mix(values, start, hashes, static value => value ? 1UL : 2UL);
                break;
            case DataColumn<int> values:
                Mix(values, start, hashes, static value => (ulong)value);
                break;
            case DataColumn<long> values:
                Mix(values, start, hashes, static value => (ulong)value);
                break;
            case DataColumn<float> values:
                Mix(values, start, hashes, static value => Bits(value));
                break;
            case DataColumn<double> values:
                Mix(values, start, hashes, static value => Bits(value));
                break;
            case DataColumn<Timestamp> values:
                Mix(values, start, hashes, static value => (ulong)value.Microseconds);
                break;
            case DataColumn<string> values:
                Mix(values, start, hashes, static value => Text(value));
                break;
        }
    }

    private static void Mix<T>(DataColumn<T> column, int start, Span<ulong> hashes, Func<T, ulong> bits)
    {
        var values = column.Span.Slice(start, hashes.Length);
        var hasNulls = column.NullCount > 0;
        for (var i = 0; i < hashes.Length; i++)
        {
            var value = hasNulls && column.IsNull(start + i) ? Null : Finish(bits(values[i]) + 0x632BE59BD9B4E019);
            hashes[i] = Finish((hashes[i] * 0xD6E8FEB86659FD93) + value);
        }
    }

    private static ulong Bits(double value) => value == 0 ? 0 : double.IsNaN(value) ? 0x7FF8000000000000 : BitConverter.DoubleToUInt64Bits(value);

    private static ulong Text(string? value)
    {
        var bytes = MemoryMarshal.AsBytes(value.AsSpan());
        var hash = (ulong)bytes.Length;
        for (; bytes.Length >= 8; bytes = bytes[8..])
            hash = Finish(hash ^ MemoryMarshal.Read<ulong>(bytes)) * 0x9FB21C651E98DF25;
        var tail = 0UL;
        for (var i = 0; i < bytes.Length; i++)
            tail |= (ulong)bytes[i] << (i * 8);
        return Finish(hash ^ tail);
    }

    // Murmur3's finaliser.
    private static ulong Finish(ulong hash)
    {
        hash = (hash ^ (hash >> 33)) * 0xFF51AFD7ED558CCD;
        hash = (hash ^ (hash >> 33)) * 0xC4CEB9FE1A85EC53;
        return hash ^ (hash >> 33);
    }
}
