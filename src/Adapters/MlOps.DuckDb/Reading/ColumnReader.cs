using System.Globalization;
using MlOps.DuckDb.Native;

namespace MlOps.DuckDb.Reading;

/// <summary>Gathers one result column, chunk by chunk, into the array of a frame column. Not thread-safe.</summary>
internal abstract unsafe class ColumnReader(string name)
{
    public string Name { get; } = name;

    public abstract void Append(nint vector, int count);

    /// <summary>Hands out what was gathered and starts anew.</summary>
    public abstract DataColumn Take();

    public static ColumnReader Create(ref DuckDbResult result, int index)
    {
        var name = DuckDbNative.Text(DuckDbNative.ColumnName(ref result, (ulong)index)) ?? "column" + index.ToString(CultureInfo.InvariantCulture);
        using var type = DuckDbNative.ColumnLogicalType(ref result, (ulong)index);
        var id = DuckDbNative.TypeId(type);
        return id switch
        {
            DuckDbType.Boolean => new CopyReader<bool>(name),
            DuckDbType.TinyInt => new NumberReader<sbyte, int>(name),
            DuckDbType.SmallInt => new NumberReader<short, int>(name),
            DuckDbType.UTinyInt => new NumberReader<byte, int>(name),
            DuckDbType.USmallInt => new NumberReader<ushort, int>(name),
            DuckDbType.Integer or DuckDbType.SqlNull => new CopyReader<int>(name),
            DuckDbType.UInteger => new NumberReader<uint, long>(name),
            DuckDbType.BigInt => new CopyReader<long>(name),
            DuckDbType.UBigInt => new NumberReader<ulong, long>(name),
            DuckDbType.HugeInt => new NumberReader<Int128, long>(name),
            DuckDbType.UHugeInt => new NumberReader<UInt128, long>(name),
            DuckDbType.Float => new CopyReader<float>(name),
            DuckDbType.Double => new CopyReader<double>(name),
            DuckDbType.Decimal => Decimal(name, type),
            DuckDbType.Timestamp or DuckDbType.TimestampTz => new MomentReader(name, MomentUnit.Microsecond),
            DuckDbType.TimestampSeconds => new MomentReader(name, MomentUnit.Second),
            DuckDbType.TimestampMilliseconds => new MomentReader(name, MomentUnit.Millisecond),
            DuckDbType.TimestampNanoseconds => new MomentReader(name, MomentUnit.Nanosecond),
            DuckDbType.Date => new MomentReader(name, MomentUnit.Day),
            DuckDbType.Varchar => new TextReader(name),
            DuckDbType.Enum => new EnumReader(name, type),
            _ => throw Unsupported(name, id),
        };
    }

    private static ColumnReader Decimal(string name, LogicalTypeHandle type)
    {
        var scale = DuckDbNative.DecimalScale(type);
        return DuckDbNative.DecimalInternalType(type) switch
        {
            DuckDbType.SmallInt => new DecimalReader<short>(name, scale),
            DuckDbType.Integer => new DecimalReader<int>(name, scale),
            DuckDbType.BigInt => new DecimalReader<long>(name, scale),
            _ => new DecimalReader<Int128>(name, scale),
        };
    }

    private static InvalidInputException Unsupported(string name, DuckDbType type)
    {
        var quoted = $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
        var remedy = type switch
        {
            DuckDbType.Interval => $"epoch({quoted}) (seconds as DOUBLE)",
            DuckDbType.Time or DuckDbType.TimeTz or DuckDbType.TimeNanoseconds => $"epoch({quoted}) (seconds as DOUBLE) or CAST({quoted} AS VARCHAR)",
            DuckDbType.Struct => $"its fields one by one, as in {quoted}.field, or CAST({quoted} AS VARCHAR)",
            DuckDbType.List or DuckDbType.Array => $"its elements, as in {quoted}[1] or unnest({quoted}), or CAST({quoted} AS VARCHAR)",
            DuckDbType.Blob => $"hex({quoted}) or CAST({quoted} AS VARCHAR)",
            _ => $"CAST({quoted} AS VARCHAR)",
        };
        return new InvalidInputException($"Column '{name}' is of DuckDB type {type.ToString().ToUpperInvariant()}, which a data frame cannot hold. Select {remedy} instead.");
    }
}
