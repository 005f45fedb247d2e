using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace MlOps.Audit;

/// <summary>The canonical bytes of a record and their hash.</summary>
internal static class AuditHash
{
    private const byte Format = 1;

    /// <summary>
    /// Format 1: SHA-256 over the byte 1, then the environment, the former hash, sequence, time, actor, operation, subject, reason,
    /// before and after; numbers as 8 bytes, texts as a 4-byte length and UTF-8, null as length -1; little-endian.
    /// </summary>
    public static string Compute(string environment, string former, long sequence, Timestamp time, string actor, AuditEntry entry)
    {
        var most = 1 + 16 + (8 * 4) + Size(environment) + Size(former) + Size(actor) + Size(entry.Operation) + Size(entry.Subject) +
            Size(entry.Reason) + Size(entry.Before) + Size(entry.After);
        var rented = ArrayPool<byte>.Shared.Rent(most);
        try
        {
            var bytes = rented.AsSpan();
            bytes[0] = Format;
            var at = 1;
            Append(bytes, ref at, environment);
            Append(bytes, ref at, former);
            Append(bytes, ref at, sequence);
            Append(bytes, ref at, time.Microseconds);
            Append(bytes, ref at, actor);
            Append(bytes, ref at, entry.Operation);
            Append(bytes, ref at, entry.Subject);
            Append(bytes, ref at, entry.Reason);
            Append(bytes, ref at, entry.Before);
            Append(bytes, ref at, entry.After);
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(bytes[..at], hash);
            return Convert.ToHexStringLower(hash);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    public static string Compute(string environment, string former, long sequence, AuditRecord record) =>
        Compute(environment, former, sequence, record.Time, record.Actor, record.Entry);

    private static int Size(string? text) => text is null ? 0 : Encoding.UTF8.GetMaxByteCount(text.Length);

    private static void Append(Span<byte> bytes, ref int at, long number)
    {
        BinaryPrimitives.WriteInt64LittleEndian(bytes[at..], number);
        at += 8;
    }

    private static void Append(Span<byte> bytes, ref int at, string? text)
    {
        var length = text is null ? -1 : Encoding.UTF8.GetBytes(text, bytes[(at + 4)..]);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[at..], length);
        at += 4 + Math.Max(0, length);
    }
}
