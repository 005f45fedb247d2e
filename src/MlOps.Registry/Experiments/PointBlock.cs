using System.Buffers.Binary;

namespace MlOps.Registry;

/// <summary>A block of metric points as stored: one byte of format (1), then 24 bytes a point: step, microseconds, bits of the value, little-endian.</summary>
internal static class PointBlock
{
    private const byte Format = 1;
    private const int PointSize = 24;

    public static byte[] Write(ReadOnlySpan<MetricPoint> points)
    {
        var bytes = new byte[1 + (points.Length * PointSize)];
        bytes[0] = Format;
        var rest = bytes.AsSpan(1);
        foreach (var point in points)
        {
            BinaryPrimitives.WriteInt64LittleEndian(rest, point.Step);
            BinaryPrimitives.WriteInt64LittleEndian(rest[8..], point.Time.Microseconds);
            BinaryPrimitives.WriteDoubleLittleEndian(rest[16..], point.Value);
            rest = rest[PointSize..];
        }

        return bytes;
    }

    /// <exception cref="CorruptDataException">The bytes are not a block of a known format.</exception>
    public static void Read(ReadOnlySpan<byte> bytes, List<MetricPoint> points)
    {
        if (bytes.Length == 0 || bytes[0] != Format || (bytes.Length - 1) % PointSize != 0)
            throw new CorruptDataException($"A block of metric points has {bytes.Length} bytes and format {(bytes.Length == 0 ? "none" : bytes[0])}; expected format {Format}.");
        for (var rest = bytes[1..]; rest.Length > 0; rest = rest[PointSize..])
        {
            points.Add(new MetricPoint(
                BinaryPrimitives.ReadInt64LittleEndian(rest),
                new Timestamp(BinaryPrimitives.ReadInt64LittleEndian(rest[8..])),
                BinaryPrimitives.ReadDoubleLittleEndian(rest[16..])));
        }
    }
}
