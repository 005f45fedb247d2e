namespace MlOps;

/// <summary>
/// The bytes of a stored frame, version 1, little-endian.
/// <code>
/// header   "MLDF", u16 version, u16 zero, u32 length of what follows, { u16 columns, per column: u8 DataType, u16 length, UTF-8 name }, u32 CRC-32C of all before
/// batch    u8 1, u32 rows, u64 length of what follows, { per column: u8 encoding, u64 length, bytes }, u32 CRC-32C of the batch from its first byte
/// end      u8 2, u64 rows of all batches, u32 CRC-32C of the nine bytes
/// </code>
/// A column's bytes: with encoding bit 0, a null bitmap of (rows + 7) / 8 bytes (bit set: value); then the values: flags one byte each, numbers
/// and microseconds in place, texts as u32 lengths of all rows and then their UTF-8, or with encoding bit 1 as u32 count of distinct texts,
/// u32 lengths of those, their UTF-8, and a u32 index per row. Values of null rows are zero.
/// </summary>
internal static class FrameFormat
{
    public const uint Magic = 0x46444C4D;
    public const ushort Version = 1;
    public const byte Batch = 1;
    public const byte End = 2;
    public const byte HasNulls = 1;
    public const byte Dictionary = 2;
    public const int MaxRows = 1 << 28;
    public const int MaxColumns = 32_768;
}
