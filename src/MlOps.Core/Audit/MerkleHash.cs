using System.Buffers;
using System.Numerics;
using System.Security.Cryptography;

namespace MlOps.Audit;

/// <summary>The hashes of RFC 6962 section 2.1 (RFC 9162 section 2.1.1).</summary>
internal static class MerkleHash
{
    public const int Size = SHA256.HashSizeInBytes;

    public static byte[] Leaf(ReadOnlySpan<byte> data)
    {
        Span<byte> bytes = data.Length < 512 ? stackalloc byte[data.Length + 1] : new byte[data.Length + 1];
        bytes[0] = 0;
        data.CopyTo(bytes[1..]);
        return SHA256.HashData(bytes);
    }

    /// <summary>The leaf of a record: its data are the 32 bytes of the record's own hash. A hash that is none gives a leaf that fits nothing.</summary>
    public static byte[] Leaf(string recordHash)
    {
        Span<byte> data = stackalloc byte[Size];
        return recordHash.Length == 2 * Size && Convert.FromHexString(recordHash, data, out _, out _) == OperationStatus.Done ? Leaf(data) : Leaf([]);
    }

    public static byte[] Node(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        Span<byte> bytes = stackalloc byte[1 + (2 * Size)];
        bytes[0] = 1;
        left.CopyTo(bytes[1..]);
        right.CopyTo(bytes[(1 + Size)..]);
        return SHA256.HashData(bytes);
    }

    /// <summary>The root over hashes of one level, for any number of them.</summary>
    public static byte[] Root(ReadOnlySpan<byte[]> hashes)
    {
        if (hashes.Length == 0)
            return SHA256.HashData([]);
        if (hashes.Length == 1)
            return hashes[0];
        var left = (int)Split(hashes.Length);
        return Node(Root(hashes[..left]), Root(hashes[left..]));
    }

    /// <summary>The greatest power of two below a number.</summary>
    public static long Split(long count) => 1L << (63 - BitOperations.LeadingZeroCount((ulong)(count - 1)));
}
