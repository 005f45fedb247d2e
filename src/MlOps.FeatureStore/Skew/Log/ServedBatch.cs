namespace MlOps.Features;

/// <summary>Room for served vectors, filled without allocation.</summary>
internal sealed class ServedBatch(ServedSchema schema, int capacity)
{
    public ServedSchema Schema { get; } = schema;

    public int Capacity { get; } = capacity;

    public int Count { get; private set; }

    public string[] Keys { get; } = new string[capacity * schema.Keys.Length];

    public long[] AsOf { get; } = new long[capacity];

    public long[] ServedAt { get; } = new long[capacity];

    public OnlineMarks[] Marks { get; } = new OnlineMarks[capacity * schema.Views.Length];

    public float[] Values { get; } = new float[capacity * schema.Features.Length];

    public bool TryAdd(ReadOnlySpan<string> keys, long asOf, long servedAt, ReadOnlySpan<OnlineMarks> marks, ReadOnlySpan<float> values)
    {
        if (Count == Capacity)
            return false;
        keys.CopyTo(Keys.AsSpan(Count * keys.Length));
        AsOf[Count] = asOf;
        ServedAt[Count] = servedAt;
        marks.CopyTo(Marks.AsSpan(Count * marks.Length));
        values.CopyTo(Values.AsSpan(Count * values.Length));
        Count++;
        return true;
    }

    public void Clear()
    {
        // Keys are references: what was written must not be held.
        Array.Clear(Keys);
        Count = 0;
    }

    public ServedVector this[int row] => new(
        Schema, Keys.AsSpan(row * Schema.Keys.Length, Schema.Keys.Length).ToArray(), AsOf[row], ServedAt[row],
        Marks.AsSpan(row * Schema.Views.Length, Schema.Views.Length).ToArray(), Values.AsSpan(row * Schema.Features.Length, Schema.Features.Length).ToArray());
}
