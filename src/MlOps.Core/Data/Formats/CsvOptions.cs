namespace MlOps;

/// <summary>How CSV text is read and written.</summary>
public sealed record CsvOptions
{
    /// <summary>What stands between fields.</summary>
    /// <value>Default: a comma.</value>
    public char Delimiter { get; init; } = ',';

    /// <summary>Whether the first record holds the names; without it columns are named column1, column2 and so on.</summary>
    /// <value>Default: true.</value>
    public bool HasHeader { get; init; } = true;

    /// <summary>Types of columns by name; the others are found from the data: from all of it, or from the first batch where it is read in batches.</summary>
    /// <value>Default: null, all are found.</value>
    public IReadOnlyDictionary<string, DataType>? Types { get; init; }

    /// <summary>An unquoted field of this text is null, as is always an unquoted empty one.</summary>
    /// <value>Default: empty.</value>
    public string NullText { get; init; } = "";

    /// <summary>The zone of dates and times that are written without one.</summary>
    /// <value>Default: null. Then such a time is refused in a column that is given as Timestamp, and is text in one whose type is found.</value>
    public TimeZoneInfo? AssumedZone { get; init; }

    /// <summary>How long a record may be; a quote that is never closed would otherwise read the rest of the text as one field.</summary>
    /// <value>Default: 16,777,216 characters.</value>
    public int MaxRecordCharacters { get; init; } = 1 << 24;

    internal void Check()
    {
        if (Delimiter is '"' or '\r' or '\n')
            throw new InvalidInputException("CsvOptions.Delimiter cannot be a quote or a line end: choose a comma, a semicolon or a tab.");
        if (NullText.Contains(Delimiter, StringComparison.Ordinal) || NullText.AsSpan().ContainsAny("\"\r\n\uFEFF"))
            throw new InvalidInputException($"CsvOptions.NullText '{NullText}' cannot hold the delimiter, quotes or line ends: choose a word such as NULL.");
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxRecordCharacters, 16);
    }
}
