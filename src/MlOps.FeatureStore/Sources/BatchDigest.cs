using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace MlOps.Features;

/// <summary>
/// The content of a batch in a few digits: a CRC-32C of each column as the engines read it, so that a batch key which comes back with
/// other content is noticed. A CRC finds every change within 32 neighbouring bits of a column for certain, and others but for one in 2^32.
/// </summary>
internal static class BatchDigest
{
    public static string Of(RowBatch batch)
    {
        var text = new StringBuilder();
        foreach (var part in batch.Keys)
        {
            var crc = 0u;
            foreach (var key in part)
            {
                // The length keeps "ab", "c" apart from "a", "bc".
                var length = key.Length;
                crc = Crc32C.Compute(MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in length)), crc);
                crc = Crc32C.Compute(MemoryMarshal.AsBytes(key.AsSpan()), crc);
            }

            Append(text, crc);
        }

        Append<int>(text, batch.Entity);
        Append<long>(text, batch.Event);
        if (!ReferenceEquals(batch.Event, batch.Available))
            Append<long>(text, batch.Available);
        foreach (var column in batch.Fixed)
            Append<int>(text, column);
        foreach (var column in batch.Plain)
            Append<float>(text, column);
        return text.ToString();
    }

    private static void Append<T>(StringBuilder text, ReadOnlySpan<T> values)
        where T : unmanaged => Append(text, Crc32C.Compute(MemoryMarshal.AsBytes(values)));

    private static void Append(StringBuilder text, uint crc) => text.Append(crc.ToString("x8", CultureInfo.InvariantCulture));
}
