using System.Runtime.InteropServices;

namespace MlOps.Features;

/// <summary>A push on its way into the log: whose it is, its place in its source, its rows.</summary>
internal sealed record PushRecord(string Source, long Offset, RowBatch Rows)
{
    /// <summary>About as many bytes as it takes in the log.</summary>
    public long EstimatedBytes => Rows.Count * (20L + (8 * (Rows.Fixed.Length + Rows.Hashed.Length + Rows.Plain.Length)));

    public void Write(ByteBuffer buffer)
    {
        buffer.Write(Source);
        buffer.Write(Offset);
        buffer.Write(Rows.Count);
        buffer.Write(Rows.Keys[0].Length);
        foreach (var part in Rows.Keys)
        {
            foreach (var text in part)
                buffer.Write(text);
        }

        buffer.Write(MemoryMarshal.AsBytes(Rows.Entity.AsSpan()));
        buffer.Write(MemoryMarshal.AsBytes(Rows.Event.AsSpan()));
        var isKnownAsItHappens = ReferenceEquals(Rows.Event, Rows.Available);
        buffer.Write(isKnownAsItHappens ? 1 : 0);
        if (!isKnownAsItHappens)
            buffer.Write(MemoryMarshal.AsBytes(Rows.Available.AsSpan()));
        foreach (var column in Rows.Fixed)
            buffer.Write(MemoryMarshal.AsBytes(column.AsSpan()));
        foreach (var column in Rows.Hashed)
            buffer.Write(MemoryMarshal.AsBytes(column.AsSpan()));
        foreach (var column in Rows.Plain)
            Write(buffer, column);
    }

    public static PushRecord Read(ref ByteParser bytes, ViewPlan plan)
    {
        var source = bytes.Text()!;
        var offset = bytes.Int64();
        var count = bytes.Int32();
        var entities = bytes.Int32();
        var keys = new string[plan.View.Keys.Count][];
        for (var p = 0; p < keys.Length; p++)
        {
            keys[p] = new string[entities];
            for (var e = 0; e < entities; e++)
                keys[p][e] = bytes.Text()!;
        }

        var entity = Values<int>(ref bytes, count);
        var events = Values<long>(ref bytes, count);
        var available = bytes.Int32() != 0 ? events : Values<long>(ref bytes, count);
        var columns = new long[plan.Fixed.Length + plan.Hashed.Length][];
        for (var c = 0; c < columns.Length; c++)
            columns[c] = Values<long>(ref bytes, count);
        var plain = new DataColumn[plan.Plain.Length];
        for (var c = 0; c < plain.Length; c++)
            plain[c] = Column(ref bytes, plan.Plain[c].Column, plan.Plain[c].Type, count);
        return new PushRecord(source, offset, new RowBatch
        {
            Count = count,
            Keys = keys,
            Entity = entity,
            Event = events,
            Available = available,
            Fixed = columns[..plan.Fixed.Length],
            Hashed = columns[plan.Fixed.Length..],
            Plain = plain,
        });
    }

    private static void Write(ByteBuffer buffer, DataColumn column)
    {
        if (column is DataColumn<string> texts)
        {
            for (var i = 0; i < texts.Length; i++)
                buffer.Write(texts.NullCount > 0 && texts.IsNull(i) ? null : texts.Span[i]);
            return;
        }

        buffer.Write(column.NullCount > 0 ? 1 : 0);
        if (column.NullCount > 0)
        {
            var bits = new ulong[(column.Length + 63) / 64];
            for (var i = 0; i < column.Length; i++)
                bits[i >> 6] |= column.IsNull(i) ? 0 : 1UL << (i & 63);
            buffer.Write(MemoryMarshal.AsBytes(bits.AsSpan()));
        }

        buffer.Write(column switch
        {
            DataColumn<float> values => MemoryMarshal.AsBytes(values.Span),
            DataColumn<double> values => MemoryMarshal.AsBytes(values.Span),
            DataColumn<long> values => MemoryMarshal.AsBytes(values.Span),
            DataColumn<bool> values => MemoryMarshal.AsBytes(values.Span),
            DataColumn<Timestamp> values => MemoryMarshal.AsBytes(values.Span),
            _ => throw new InvalidOperationException($"{column.Type} is not kept."),
        });
    }

    private static DataColumn Column(ref ByteParser bytes, string name, DataType type, int count)
    {
        if (type == DataType.String)
        {
            var texts = new ColumnBuilder<string>(name);
            for (var i = 0; i < count; i++)
                texts.AddOrNull(bytes.Text());
            return texts.Build();
        }

        var validity = bytes.Int32() != 0 ? Values<ulong>(ref bytes, (count + 63) / 64) : null;
        return type switch
        {
            DataType.Float32 => DataColumn.Create(name, Values<float>(ref bytes, count), validity),
            DataType.Float64 => DataColumn.Create(name, Values<double>(ref bytes, count), validity),
            DataType.Boolean => DataColumn.Create(name, Values<bool>(ref bytes, count), validity),
            DataType.Timestamp => DataColumn.Create(name, Values<Timestamp>(ref bytes, count), validity),
            _ => DataColumn.Create(name, Values<long>(ref bytes, count), validity),
        };
    }

    private static T[] Values<T>(ref ByteParser bytes, int count)
        where T : unmanaged
    {
        var values = new T[count];
        bytes.Read(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }
}
