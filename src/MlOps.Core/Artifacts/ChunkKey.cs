using System.Buffers.Binary;
using System.Security.Cryptography;

namespace MlOps.Artifacts;

/// <summary>The SHA-256 of a chunk.</summary>
internal readonly record struct ChunkKey(ulong A, ulong B, ulong C, ulong D)
{
    public const int Bytes = 32;

    public static ChunkKey Of(ReadOnlySpan<byte> chunk)
    {
        Span<byte> hash = stackalloc byte[Bytes];
        SHA256.HashData(chunk, hash);
        return Read(hash);
    }

    public static ChunkKey Read(ReadOnlySpan<byte> hash) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(hash),
        BinaryPrimitives.ReadUInt64LittleEndian(hash[8..]),
        BinaryPrimitives.ReadUInt64LittleEndian(hash[16..]),
        BinaryPrimitives.ReadUInt64LittleEndian(hash[24..]));

    public void Write(Span<byte> hash)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(hash, A);
        BinaryPrimitives.WriteUInt64LittleEndian(hash[8..], B);
        BinaryPrimitives.WriteUInt64LittleEndian(hash[16..], C);
        BinaryPrimitives.WriteUInt64LittleEndian(hash[24..], D);
    }

    public override int GetHashCode() => (int)A;
}
