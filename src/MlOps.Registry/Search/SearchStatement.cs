namespace MlOps.Registry;

/// <summary>A filter as parsed, before its names are looked up.</summary>
/// <param name="Text">The text that it was read from.</param>
/// <param name="Filter">The condition, or null for every row.</param>
/// <param name="Order">The order asked for.</param>
/// <param name="Select">The projection, or null for everything.</param>
/// <param name="Limit">The rows asked for, or null.</param>
internal sealed record SearchStatement(
    string Text, SearchNode? Filter, IReadOnlyList<SearchOrder> Order, IReadOnlyList<SearchField>? Select, int? Limit);

/// <summary>A name as written: entity and key, or a lone attribute with an empty entity.</summary>
internal sealed record SearchField(string Entity, string Key, int Position)
{
    public string Shown => Entity.Length == 0 ? NameRules.Shown(Key) : $"{NameRules.Shown(Entity)}.{NameRules.Shown(Key)}";
}

internal sealed record SearchOrder(SearchField Field, bool Descending);

/// <summary>A condition. A row that lacks a key satisfies no comparison of it; NOT is the complement of what it stands before.</summary>
internal abstract record SearchNode;

internal sealed record AndNode(IReadOnlyList<SearchNode> Parts) : SearchNode;

internal sealed record OrNode(IReadOnlyList<SearchNode> Parts) : SearchNode;

internal sealed record NotNode(SearchNode Inner) : SearchNode;

internal sealed record ComparisonNode(SearchField Field, string Operator, SearchValue Value) : SearchNode;

internal sealed record LikeNode(SearchField Field, string Pattern, bool IgnoreCase, bool Negated) : SearchNode;

internal sealed record InNode(SearchField Field, IReadOnlyList<SearchValue> Values, bool Negated) : SearchNode;

internal sealed record BetweenNode(SearchField Field, SearchValue Low, SearchValue High, bool Negated) : SearchNode;

internal sealed record NullNode(SearchField Field, bool Negated) : SearchNode;

/// <summary>A value as written.</summary>
internal abstract record SearchValue(int Position);

internal sealed record TextValue(string Text, int Position) : SearchValue(Position);

internal sealed record NumberValue(double Number, int Position) : SearchValue(Position);

/// <summary>The moment of the search, moved by an offset.</summary>
internal sealed record NowValue(TimeSpan Offset, int Position) : SearchValue(Position);
