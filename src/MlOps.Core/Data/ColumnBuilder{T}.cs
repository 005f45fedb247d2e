namespace MlOps;

/// <summary>Grows a column of <typeparamref name="T"/>. Not thread-safe.</summary>
/// <typeparam name="T">bool, int, long, float, double, string or <see cref="Timestamp"/>.</typeparam>
public sealed class ColumnBuilder<T> : ColumnBuilder
{
    private T[] _values;
    private ulong[]? _validity;
    private int _count;

    /// <summary>An empty builder.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="capacity">Rows to make room for.</param>
    /// <exception cref="InvalidDefinitionException">Columns cannot hold that type.</exception>
    public ColumnBuilder(string name, int capacity = 0)
        : base(name)
    {
        DataColumn.TypeOf<T>();
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        _values = capacity == 0 ? [] : new T[capacity];
    }

    /// <inheritdoc />
    public override int Count => _count;

    /// <summary>Appends a value.</summary>
    /// <param name="value">The value, not null.</param>
    public void Add(T value)
    {
        if (_count == _values.Length)
            Grow(_count + 1);
        _values[_count++] = value;
    }

    /// <summary>Appends a value, or a null where it is null.</summary>
    /// <param name="value">The value.</param>
    public void AddOrNull(T? value)
    {
        if (value is null)
            AddNull();
        else
            Add(value);
    }

    /// <inheritdoc />
    public override void AddNull()
    {
        Add(default!);
        _validity ??= ValidityBits.AllValid(_values.Length);
        ValidityBits.Clear(_validity, _count - 1);
    }

    /// <inheritdoc />
    public override void AddFrom(DataColumn column, int row)
    {
        var typed = Typed(column);
        if (typed.IsNull(row))
            AddNull();
        else
            Add(typed[row]);
    }

    /// <summary>Appends all rows of a column.</summary>
    /// <param name="column">The column.</param>
    public void AddRange(DataColumn<T> column)
    {
        ArgumentNullException.ThrowIfNull(column);
        if (_count + column.Length > _values.Length)
            Grow(_count + column.Length);
        column.Span.CopyTo(_values.AsSpan(_count));
        var start = _count;
        _count += column.Length;
        if (column.NullCount == 0)
            return;
        _validity ??= ValidityBits.AllValid(_values.Length);
        for (var i = 0; i < column.Length; i++)
        {
            if (!column.IsNull(i))
                continue;
            _values[start + i] = default!;
            ValidityBits.Clear(_validity, start + i);
        }
    }

    /// <summary>Hands out the column; the builder starts anew.</summary>
    /// <returns>The column.</returns>
    public new DataColumn<T> Build()
    {
        if (_values.Length != _count)
            Array.Resize(ref _values, _count);
        var column = DataColumn.Create(Name, _values, _validity);
        _values = [];
        _validity = null;
        _count = 0;
        return column;
    }

    private protected override DataColumn BuildColumn() => Build();

    private static DataColumn<T> Typed(DataColumn column) =>
        column as DataColumn<T> ?? throw new InvalidInputException($"Column '{column?.Name}' holds {column?.Type}, not {DataColumn.TypeOf<T>()}.");

    private void Grow(int needed)
    {
        var capacity = (int)Math.Min(Array.MaxLength, Math.Max(Math.Max(needed, 16L), _values.Length * 2L));
        Array.Resize(ref _values, capacity);
        if (_validity is null)
            return;
        var words = _validity.Length;
        Array.Resize(ref _validity, (capacity + 63) / 64);
        Array.Fill(_validity, ulong.MaxValue, words, _validity.Length - words);
    }
}
