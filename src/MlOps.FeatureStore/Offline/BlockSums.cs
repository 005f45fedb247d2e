using System.Buffers.Binary;

namespace MlOps.Features;

/// <summary>The CRC-32C of every block of bytes that come in pieces, written behind one another.</summary>
internal sealed class BlockSums(MemoryStream sums)
{
    private uint _sum;
    private int _length;

    public void Add(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var take = Math.Min(bytes.Length, SegmentFormat.BlockBytes - _length);
            _sum = Crc32C.Compute(bytes[..take], _sum);
            _length += take;
            bytes = bytes[take..];
            if (_length == SegmentFormat.BlockBytes)
                End();
        }
    }

    public void End()
    {
        if (_length == 0)
            return;
        Span<byte> sum = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(sum, _sum);
        sums.Write(sum);
        _sum = 0;
        _length = 0;
    }
}
