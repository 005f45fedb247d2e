using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
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
            Append(text, Of(part));
        Append<int>(text, batch.Entity);
        Append<long>(text, batch.Event);
        if (!ReferenceEquals(batch.Event, batch.Available))
            Append<long>(text, batch.Available);
        foreach (var column in batch.Fixed)
            Append<long>(text, column);
        foreach (var column in batch.Hashed)
            Append<long>(text, column);
        foreach (var column in batch.Plain)
            Append(text, column);
        return text.ToString();
    }

    /// <summary>The digest of a batch that was read in parts.</summary>
    public static string Combine(IReadOnlyList<string> parts) => parts.Count switch
    {
        0 => "",
        1 => parts[0],
        _ => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(string.Join(',', parts)))),
    };

    private static void Append(StringBuilder text, DataColumn column)
    {
        switch (column)
        {
            case DataColumn<float> floats:
                Append(text, floats.Span);
                break;
            case DataColumn<double> doubles:
                Append(text, doubles.Span);
                break;
            case DataColumn<long> integers:
                Append(text, integers.Span);
                break;
            case DataColumn<Timestamp> moments:
                Append(text, moments.Span);
                break;
            case DataColumn<bool> flags:
                Append(text, flags.Span);
                break;
            case DataColumn<string> texts:
                Append(text, Of(texts.Span));
                break;
        }

        if (column.NullCount == 0)
            return;
        var nulls = new bool[column.Length];
        for (var i = 0; i < nulls.Length; i++)
            nulls[i] = column.IsNull(i);
        Append<bool>(text, nulls);
    }

    private static uint Of(ReadOnlySpan<string> texts)
    {
        var crc = 0u;
        foreach (var text in texts)
        {
            // The length keeps "ab", "c" apart from "a", "bc"; a null is no text.
            var length = text?.Length ?? -1;
            crc = Crc32C.Compute(MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in length)), crc);
            crc = Crc32C.Compute(MemoryMarshal.AsBytes(text.AsSpan()), crc);
        }

        return crc;
    }

    private static void Append<T>(StringBuilder text, ReadOnlySpan<T> values)
        where T : unmanaged => Append(text, Crc32C.Compute(MemoryMarshal.AsBytes(values)));

    private static void Append(StringBuilder text, uint crc) => text.Append(crc.ToString("x8", CultureInfo.InvariantCulture));
}
