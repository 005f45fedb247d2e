using System.Runtime.InteropServices;

namespace MlOps.Features;

/// <summary>
/// Which property of a type stands for which column and feature, and how rows become columns and values become rows; without reflection.
/// Written by the generator, or by hand with <see cref="FeatureRowBindingBuilder{TRow}"/>. Immutable and thread-safe.
/// </summary>
/// <typeparam name="TRow">The row.</typeparam>
public sealed class FeatureRowBinding<TRow>
{
    private readonly FeatureColumnWriter<TRow>[] _writers;
    private readonly FeatureRowReader<TRow> _read;

    /// <summary>A binding.</summary>
    /// <param name="columns">The properties.</param>
    /// <param name="writers">For each, how it becomes a column.</param>
    /// <param name="read">How values, one for each, become a row.</param>
    /// <exception cref="InvalidDefinitionException">There are no columns, two have one name, or the numbers differ.</exception>
    public FeatureRowBinding(IReadOnlyList<FeatureRowColumn> columns, IReadOnlyList<FeatureColumnWriter<TRow>> writers, FeatureRowReader<TRow> read)
    {
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentNullException.ThrowIfNull(writers);
        ArgumentNullException.ThrowIfNull(read);
        var what = typeof(TRow).Name;
        if (columns.Count == 0 || columns.Count != writers.Count)
            throw new InvalidDefinitionException($"The binding of {what} has {columns.Count} columns and {writers.Count} writers: give one writer per column, and at least one.");
        if (columns.GroupBy(column => column.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new InvalidDefinitionException($"The binding of {what} names column '{twice.Key}' twice ({string.Join(", ", twice.Select(column => column.Property))}): name one of them otherwise.");
        foreach (var role in new[] { FeatureRowRole.EventTime, FeatureRowRole.AvailableAt })
        {
            if (columns.Count(column => column.Role == role) > 1)
                throw new InvalidDefinitionException($"The binding of {what} has several columns for {role}: choose one.");
        }

        Columns = [.. columns];
        _writers = [.. writers];
        _read = read;
    }

    /// <summary>The properties in order.</summary>
    public IReadOnlyList<FeatureRowColumn> Columns { get; }

    /// <summary>Makes a row.</summary>
    /// <param name="values">One value per column, in order.</param>
    /// <returns>The row.</returns>
    /// <exception cref="InvalidInputException">A value is missing where the property cannot be, or of another type.</exception>
    public TRow ToRow(ReadOnlySpan<FeatureValue> values) =>
        values.Length == Columns.Count
            ? _read(values)
            : throw new InvalidInputException($"A row of {typeof(TRow).Name} is made of {Columns.Count} values; {values.Length} were given.");

    /// <summary>Brings rows into columns, one after the other.</summary>
    /// <param name="rows">The rows.</param>
    /// <returns>The frame.</returns>
    public DataFrame ToFrame(IReadOnlyList<TRow> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var columns = new DataColumn[_writers.Length];
        var span = Span(rows);
        for (var i = 0; i < columns.Length; i++)
            columns[i] = _writers[i](Columns[i].Name, span);
        return new DataFrame(columns);
    }

    /// <summary>Makes rows of a frame, whose columns are found by name.</summary>
    /// <param name="frame">The frame; further columns are ignored.</param>
    /// <returns>One row per row of the frame.</returns>
    /// <exception cref="InvalidInputException">A column is missing, of another type, or null where the property cannot be.</exception>
    public IReadOnlyList<TRow> ToRows(DataFrame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        var what = typeof(TRow).Name;
        var names = new FeatureNameTable(frame.Columns.Select(column => column.Name));
        var columns = new DataColumn[Columns.Count];
        for (var i = 0; i < columns.Length; i++)
        {
            var found = names.Find(Columns[i].Name, out var mistake);
            if (found < 0)
                throw new InvalidInputException($"Rows of {what}: the frame has {mistake} for property '{Columns[i].Property}'.");
            columns[i] = frame.Columns[found];
        }

        var rows = new TRow[frame.RowCount];
        var block = new FeatureValue[Math.Min(ColumnValues.BlockRows, rows.Length) * columns.Length];
        for (var start = 0; start < rows.Length; start += ColumnValues.BlockRows)
        {
            var count = Math.Min(ColumnValues.BlockRows, rows.Length - start);
            for (var i = 0; i < columns.Length; i++)
                ColumnValues.Fill(columns[i], start, count, block.AsSpan(i), columns.Length);
            for (var row = 0; row < count; row++)
            {
                try
                {
                    rows[start + row] = _read(block.AsSpan(row * columns.Length, columns.Length));
                }
                catch (InvalidInputException error)
                {
                    throw new InvalidInputException($"Rows of {what}, row {start + row}: {error.Message}", error);
                }
            }
        }

        return rows;
    }

    /// <summary>One property as a column.</summary>
    internal DataColumn ToColumn(int index, IReadOnlyList<TRow> rows) => _writers[index](Columns[index].Name, Span(rows));

    private static ReadOnlySpan<TRow> Span(IReadOnlyList<TRow> rows) => rows switch
    {
        TRow[] array => array,
        List<TRow> list => CollectionsMarshal.AsSpan(list),
        _ => rows.ToArray(),
    };
}
