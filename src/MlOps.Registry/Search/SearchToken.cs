namespace MlOps.Registry;

internal enum SearchTokenKind
{
    /// <summary>A bare word, with the dots, dashes and slashes inside it.</summary>
    Word,

    /// <summary>Between backticks: a key.</summary>
    Backticked,

    /// <summary>Between double quotes: a key where a key is due, a text where a value is due.</summary>
    DoubleQuoted,

    /// <summary>Between single quotes.</summary>
    Text,
    Number,

    /// <summary>A whole number with a unit: <c>7d</c>.</summary>
    Duration,

    /// <summary>An operator, a comma, a parenthesis or a sign.</summary>
    Symbol,
    End,
}

/// <summary>A token of a filter; for quoted ones <paramref name="Text"/> is what stands between the quotes.</summary>
internal readonly record struct SearchToken(SearchTokenKind Kind, string Text, int Position, double Number = 0, bool FollowsAtOnce = false)
{
    public bool Is(string keyword) => Kind is SearchTokenKind.Word or SearchTokenKind.Symbol && Text.Equals(keyword, StringComparison.OrdinalIgnoreCase);

    public string Shown => Kind switch
    {
        SearchTokenKind.End => "the end",
        SearchTokenKind.Text => $"the text '{NameRules.Shown(Text)}'",
        SearchTokenKind.Backticked => $"the key `{NameRules.Shown(Text)}`",
        SearchTokenKind.DoubleQuoted => $"\"{NameRules.Shown(Text)}\"",
        _ => $"'{NameRules.Shown(Text)}'",
    };
}
