namespace MlOps.Registry;

internal enum SearchType
{
    Text,
    Number,

    /// <summary>Microseconds in the store; ISO text, milliseconds or "now - 7d" in a filter.</summary>
    Time,

    /// <summary>Whether a manifest has an artifact of a kind.</summary>
    Kind,
}

/// <summary>What a name of a filter stands for.</summary>
/// <param name="Name">As it is shown in messages.</param>
/// <param name="Type">What it is compared with.</param>
internal abstract record SearchTarget(string Name, SearchType Type);

/// <summary>A column of the searched table.</summary>
internal sealed record SearchColumn(string Name, string Sql, SearchType Type, bool Nullable = false, Func<string, string>? Normalise = null)
    : SearchTarget(Name, Type);

/// <summary>
/// Rows of another table that belong to the searched one: values by key (metrics, parameters, tags), or without a key
/// (aliases, inputs), of which any may satisfy a comparison.
/// </summary>
internal sealed record SearchRows(string Name, string Table, string[] OwnerColumns, string? KeyColumn, string ValueColumn, SearchType Type) : SearchTarget(Name, Type)
{
    /// <summary>The key asked for.</summary>
    public string? Key { get; init; }

    /// <summary>An index of key, owner and value, for the question whether one row matches.</summary>
    public string? ProbeIndex { get; init; }

    /// <summary>An index of key, value and owner, for the rows in the order of their values.</summary>
    public string? ValueIndex { get; init; }

    /// <summary>Whether the value may be NULL, which stands for NaN.</summary>
    public bool HasNaN { get; init; }
}
