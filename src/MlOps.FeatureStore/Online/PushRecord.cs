using System.Runtime.InteropServices;

namespace MlOps.Features;

/// <summary>A push on its way into the log: whose it is, its place in its source, its rows.</summary>
internal sealed record PushRecord(string Source, long Offset, RowBatch Rows)
{
    public void Write(BinaryWriter writer)
    {
        writer.Write(Source);
        writer.Write(Offset);
        writer.Write(Rows.Count);
        writer.Write(Rows.Keys[0].Length);
        foreach (var part in Rows.Keys)
        {
            foreach (var text in part)
                writer.Write(text);
        }

        writer.Write(MemoryMarshal.AsBytes(Rows.Entity.AsSpan()));
        writer.Write(MemoryMarshal.AsBytes(Rows.Event.AsSpan()));
        writer.Write(MemoryMarshal.AsBytes(Rows.Available.AsSpan()));
        foreach (var column in Rows.Fixed)
            writer.Write(MemoryMarshal.AsBytes(column.AsSpan()));
        foreach (var column in Rows.Plain)
            writer.Write(MemoryMarshal.AsBytes(((DataColumn<float>)column).Span));
    }

    public static PushRecord Read(BinaryReader reader, ViewPlan plan)
    {
        var source = reader.ReadString();
        var offset = reader.ReadInt64();
        var count = reader.ReadInt32();
        var entities = reader.ReadInt32();
        var keys = new string[plan.View.Keys.Count][];
        for (var p = 0; p < keys.Length; p++)
        {
            keys[p] = new string[entities];
            for (var e = 0; e < entities; e++)
                keys[p][e] = reader.ReadString();
        }

        return new PushRecord(source, offset, new RowBatch
        {
            Count = count,
            Keys = keys,
            Entity = Values<int>(reader, count),
            Event = Values<long>(reader, count),
            Available = Values<long>(reader, count),
            Fixed = [.. plan.Fixed.Select(_ => Values<long>(reader, count))],
            Hashed = [],
            Plain = [.. plan.Plain.Select(column => DataColumn.Create(column.Column, Values<float>(reader, count)))],
        });
    }

    private static T[] Values<T>(BinaryReader reader, int count)
        where T : unmanaged
    {
        var values = new T[count];
        reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }
}
