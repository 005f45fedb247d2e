using System.Runtime.InteropServices;

namespace MlOps.DuckDb.Native;

/// <summary>duckdb_result: 48 bytes, passed by value; only the last field is still in use.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DuckDbResult
{
    public ulong ColumnCount;
    public ulong RowCount;
    public ulong RowsChanged;
    public nint Columns;
    public nint ErrorMessage;
    public nint Internal;
}

[StructLayout(LayoutKind.Sequential)]
internal readonly struct DuckDbTimestamp(long microseconds)
{
    public readonly long Microseconds = microseconds;
}

[StructLayout(LayoutKind.Sequential)]
internal readonly struct DuckDbDate(int days)
{
    public readonly int Days = days;
}

/// <summary>duckdb_string_t: a length, then up to 12 bytes in place, or 4 bytes of prefix and a pointer.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal readonly unsafe struct DuckDbString
{
    public const int InlineLength = 12;

    [FieldOffset(0)]
    public readonly uint Length;

    [FieldOffset(0)]
    public readonly ulong Low;

    [FieldOffset(8)]
    public readonly ulong High;

    [FieldOffset(8)]
    public readonly byte* Pointer;
}
