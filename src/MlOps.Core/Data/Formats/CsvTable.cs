namespace MlOps;

/// <summary>The columns of CSV text as they grow. Not thread-safe.</summary>
internal sealed class CsvTable
{
    private readonly CsvRecords _records;
    private readonly CsvOptions _options;
    private TextColumn[] _columns = [];
    private bool _pending;

    public CsvTable(TextReader reader, CsvOptions? options)
    {
        ArgumentNullException.ThrowIfNull(reader);
        _options = options ?? new CsvOptions();
        _options.Check();
        _records = new CsvRecords(reader, _options.Delimiter, _options.MaxRecordCharacters);
    }

    public int Rows { get; private set; }

    public DataFrame ReadAll()
    {
        if (!Begin(_records.Read()))
            return new DataFrame();
        while (_pending || _records.Read())
            Append();
        return Build();
    }

    public async ValueTask<bool> BeginAsync(CancellationToken cancellationToken) => Begin(await _records.ReadAsync(cancellationToken).ConfigureAwait(false));

    /// <summary>Adds a row; false at the end of the text.</summary>
    public async ValueTask<bool> AddAsync(CancellationToken cancellationToken)
    {
        if (!_pending && !await _records.ReadAsync(cancellationToken).ConfigureAwait(false))
            return false;
        Append();
        return true;
    }

    public DataFrame Build()
    {
        Rows = 0;
        return new DataFrame(_columns.Select(column => column.Build()));
    }

    private bool Begin(bool found)
    {
        if (!found)
        {
            return _options.HasHeader
                ? throw new InvalidInputException("The CSV text is empty: there is not even a header. Set CsvOptions.HasHeader to false when none is meant.")
                : false;
        }

        var names = new string[_records.Count];
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < names.Length; i++)
        {
            names[i] = _options.HasHeader ? _records.Text(i).ToString() : $"column{i + 1}";
            if (names[i].Length == 0)
                throw new InvalidInputException($"CSV line {_records.Line}: column {i + 1} has an empty name. Name it, or set CsvOptions.HasHeader to false when the first line is a row.");
            if (!seen.Add(names[i]))
                throw new InvalidInputException($"CSV line {_records.Line}: column '{names[i]}' stands twice. Rename one of them.");
        }

        if (_options.Types?.Keys.FirstOrDefault(name => !seen.Contains(name)) is { } unknown)
            throw new InvalidInputException($"CsvOptions.Types gives a type for column '{unknown}', which the CSV text lacks. {NearestNames.Describe(unknown, names)}");
        _columns = Array.ConvertAll(names, name => new TextColumn(
            name, _options.Types?.TryGetValue(name, out var type) == true ? type : null, _options.AssumedZone, "CSV", nameof(CsvOptions)));
        _pending = !_options.HasHeader;
        return true;
    }

    private void Append()
    {
        _pending = false;
        if (_records.Count != _columns.Length)
            throw new InvalidInputException($"CSV line {_records.Line} has {_records.Count} fields, the {(_options.HasHeader ? "header" : "first line")} has {_columns.Length}.");
        for (var i = 0; i < _columns.Length; i++)
        {
            var text = _records.Text(i);
            if (!_records.IsQuoted(i) && (text.IsEmpty || text.SequenceEqual(_options.NullText)))
                _columns[i].AddNull();
            else
                _columns[i].Add(text, _records.Line);
        }

        Rows++;
    }
}
