namespace MlOps;

/// <summary>Dense numbers for the distinct values of one key column, null among them. Not thread-safe.</summary>
internal sealed class ValueCodes
{
    private object? _codes;
    private int _null = -1;

    public int Count { get; private set; }

    // The values of a column are never null here: nulls have their own number.
    public Dictionary<ValueKey<T>, int> Of<T>() => (Dictionary<ValueKey<T>, int>)(_codes ??= new Dictionary<ValueKey<T>, int>());

    public int Null() => _null >= 0 ? _null : _null = Count++;

    public int Code<T>(Dictionary<ValueKey<T>, int> codes, T value, bool grow)
    {
        var key = new ValueKey<T>(value);
        if (codes.TryGetValue(key, out var code))
            return code;
        if (!grow)
            return -1;
        codes.Add(key, Count);
        return Count++;
    }
}

/// <summary>A value as a dictionary key; texts compare ordinal.</summary>
internal readonly struct ValueKey<T>(T value) : IEquatable<ValueKey<T>>
{
    public T Value { get; } = value;

    public bool Equals(ValueKey<T> other) => EqualityComparer<T>.Default.Equals(Value, other.Value);

    public override bool Equals(object? obj) => obj is ValueKey<T> other && Equals(other);

    public override int GetHashCode() => Value?.GetHashCode() ?? 0;
}
