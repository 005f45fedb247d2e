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

    /// <summary>Types of columns by name; the others are found from the data.</summary>
    /// <value>Default: null, all are found.</value>
    public IReadOnlyDictionary<string, DataType>? Types { get; init; }

    /// <summary>An unquoted field of this text is null, as is always an unquoted empty one.</summary>
    /// <value>Default: empty.</value>
    public string NullText { get; init; } = "";
}
