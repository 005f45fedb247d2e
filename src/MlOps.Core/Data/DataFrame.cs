namespace MlOps;

/// <summary>A table in memory: typed, null-aware columns of equal length. Immutable and thread-safe; slices and selections share memory.</summary>
public sealed partial class DataFrame
{
    private readonly Dictionary<string, int> _byName;
    private readonly DataColumn[] _columns;

    /// <summary>A frame of columns.</summary>
    /// <param name="columns">The columns; names distinct (ordinal), lengths equal.</param>
    /// <exception cref="InvalidDefinitionException">A name stands twice or a length differs.</exception>
    public DataFrame(params IEnumerable<DataColumn> columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        _columns = columns.ToArray();
        _byName = new Dictionary<string, int>(_columns.Length, StringComparer.Ordinal);
        RowCount = _columns.Length == 0 ? 0 : _columns[0].Length;
        for (var i = 0; i < _columns.Length; i++)
        {
            var column = _columns[i];
            if (column.Length != RowCount)
                throw new InvalidDefinitionException($"Column '{column.Name}' has {column.Length} rows, column '{_columns[0].Name}' has {RowCount}: all columns of a frame have the same length.");
            if (!_byName.TryAdd(column.Name, i))
                throw new InvalidDefinitionException($"Column '{column.Name}' stands twice in the frame: rename one of them.");
        }
    }

    /// <summary>The columns in order.</summary>
    public IReadOnlyList<DataColumn> Columns => _columns;

    /// <summary>Rows.</summary>
    public int RowCount { get; }

    /// <summary>A column by name.</summary>
    /// <param name="name">The name, ordinal.</param>
    /// <exception cref="NotFoundException">There is no such column; the message lists the nearest names.</exception>
    public DataColumn this[string name] =>
        _byName.TryGetValue(name, out var index)
            ? _columns[index]
            : throw new NotFoundException($"The frame has no column '{name}'. {NearestNames.Describe(name, _byName.Keys)}");

    /// <summary>A column by name and type.</summary>
    /// <typeparam name="T">bool, int, long, float, double, string or <see cref="Timestamp"/>.</typeparam>
    /// <param name="name">The name, ordinal.</param>
    /// <returns>The column.</returns>
    /// <exception cref="NotFoundException">There is no such column.</exception>
    /// <exception cref="InvalidInputException">The column is of another type.</exception>
    public DataColumn<T> Column<T>(string name) =>
        this[name] as DataColumn<T>
        ?? throw new InvalidInputException($"Column '{name}' holds {this[name].Type}, not {DataColumn.TypeOf<T>()}.");

    /// <summary>Whether a column exists.</summary>
    /// <param name="name">The name, ordinal.</param>
    /// <returns>True when it does.</returns>
    public bool HasColumn(string name) => _byName.ContainsKey(name);

    /// <summary>Some columns, in the order given, without copying.</summary>
    /// <param name="names">Their names.</param>
    /// <returns>The smaller frame.</returns>
    public DataFrame Select(params IEnumerable<string> names) => new(names.Select(name => this[name]));

    /// <summary>The frame with columns appended, or replaced where the name exists, without copying the others.</summary>
    /// <param name="columns">The new columns.</param>
    /// <returns>The new frame.</returns>
    public DataFrame With(params IEnumerable<DataColumn> columns)
    {
        var all = _columns.ToList();
        foreach (var column in columns)
        {
            if (_byName.TryGetValue(column.Name, out var index))
                all[index] = column;
            else
                all.Add(column);
        }

        return new DataFrame(all);
    }

    /// <summary>A run of rows, without copying.</summary>
    /// <param name="start">The first row.</param>
    /// <param name="length">How many.</param>
    /// <returns>The slice.</returns>
    public DataFrame Slice(int start, int length) => new(_columns.Select(column => column.Slice(start, length)));

    /// <summary>Rows by index, copied.</summary>
    /// <param name="rows">Row numbers; -1 gives a row of nulls.</param>
    /// <returns>The new frame.</returns>
    public DataFrame Take(ReadOnlySpan<int> rows)
    {
        var taken = new DataColumn[_columns.Length];
        for (var i = 0; i < taken.Length; i++)
            taken[i] = _columns[i].Take(rows);
        return new DataFrame(taken);
    }
}
