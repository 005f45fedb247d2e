namespace MlOps.Registry;

/// <summary>A recursive-descent parser of filters; the grammar stands in docs/registry/search.md.</summary>
internal sealed partial class SearchParser
{
    private const string Operators = "one of = != < <= > >= LIKE ILIKE IN NOT BETWEEN IS";
    private static readonly string[] Keywords = ["and", "or", "not", "in", "like", "ilike", "between", "is", "order", "limit", "where", "select"];

    private readonly string _text;
    private readonly List<SearchToken> _tokens;
    private int _next;
    private int _depth;
    private int _clauses;
    private int _values;

    private SearchParser(string text)
    {
        _text = text;
        _tokens = SearchLexer.Read(text);
    }

    private SearchToken Current => _tokens[_next];

    public static SearchStatement Parse(string text) => new SearchParser(text).Statement();

    /// <summary>A list of order keys, as it stands after ORDER BY.</summary>
    public static IReadOnlyList<SearchOrder> ParseOrder(string text)
    {
        var parser = new SearchParser(text);
        var order = parser.Current.Kind == SearchTokenKind.End ? [] : parser.Order();
        parser.RequireEnd("',' or the end");
        return order;
    }

    /// <summary>One name of a projection.</summary>
    public static SearchField ParseSelected(string text)
    {
        var parser = new SearchParser(text);
        var field = parser.Selected();
        parser.RequireEnd("the end");
        return field;
    }

    private SearchStatement Statement()
    {
        List<SearchField>? select = null;
        if (Take("select"))
        {
            select = [];
            do
                select.Add(Selected());
            while (Take(","));
            if (select.Count > SearchLimits.Selected)
                throw new InvalidInputException($"The projection has {select.Count} names; at most {SearchLimits.Selected} are allowed. Select a whole entity, for instance 'metrics'.");
        }

        SearchNode? filter = null;
        if (Take("where") || (select is null && Current.Kind != SearchTokenKind.End && !Current.Is("order") && !Current.Is("limit")))
            filter = Or();
        var order = new List<SearchOrder>();
        if (Take("order"))
        {
            if (!Take("by"))
                throw Unexpected("BY");
            order = Order();
        }

        int? limit = null;
        if (Take("limit"))
        {
            if (Current.Kind != SearchTokenKind.Number || Current.Number is < 1 or > SearchLimits.PageSize || Current.Number != Math.Floor(Current.Number))
                throw Unexpected($"a whole number from 1 to {SearchLimits.PageSize}");
            limit = (int)Current.Number;
            _next++;
        }

        RequireEnd(select is not null && filter is null ? "',', WHERE, ORDER BY, LIMIT or the end" : "AND, OR, ORDER BY, LIMIT or the end");
        return new SearchStatement(_text, filter, order, select, limit);
    }

    private SearchNode Or()
    {
        var first = And();
        if (!Current.Is("or"))
            return first;
        var parts = new List<SearchNode> { first };
        while (Take("or"))
            parts.Add(And());
        return new OrNode(parts);
    }

    private SearchNode And()
    {
        var first = Not();
        if (!Current.Is("and"))
            return first;
        var parts = new List<SearchNode> { first };
        while (Take("and"))
            parts.Add(Not());
        return new AndNode(parts);
    }

    private SearchNode Not()
    {
        if (!Current.Is("not") && !Current.Is("("))
            return Clause();
        if (++_depth > SearchLimits.Depth)
            throw new InvalidInputException($"The filter nests parentheses and NOTs more than {SearchLimits.Depth} deep at position {Current.Position + 1}. Write it flatter.");
        SearchNode node;
        if (Take("not"))
        {
            node = new NotNode(Not());
        }
        else
        {
            _next++;
            node = Or();
            if (!Take(")"))
                throw Unexpected("')', AND or OR");
        }

        _depth--;
        return node;
    }

    private SearchNode Clause()
    {
        if (++_clauses > SearchLimits.Clauses)
            throw new InvalidInputException($"The filter has more than {SearchLimits.Clauses} comparisons. Use IN for many values of one key, or search in several steps.");
        var field = Field();
        var negated = Take("not");
        if (Take("like"))
            return new LikeNode(field, Pattern(), IgnoreCase: false, negated);
        if (Take("ilike"))
            return new LikeNode(field, Pattern(), IgnoreCase: true, negated);
        if (Take("in"))
            return new InNode(field, List(), negated);
        if (Take("between"))
        {
            var low = Value();
            if (!Take("and"))
                throw Unexpected("AND and the upper bound");
            return new BetweenNode(field, low, Value(), negated);
        }

        if (negated)
            throw Unexpected("LIKE, ILIKE, IN or BETWEEN");
        if (Take("is"))
        {
            var not = Take("not");
            return Take("null") ? new NullNode(field, not) : throw Unexpected(not ? "NULL" : "NULL or NOT NULL");
        }

        if (Current.Kind == SearchTokenKind.Symbol && Current.Text is "=" or "!=" or "<" or "<=" or ">" or ">=")
        {
            var symbol = Current.Text;
            _next++;
            return new ComparisonNode(field, symbol, Value());
        }

        throw Unexpected(Operators, Current.Kind == SearchTokenKind.Word ? NearestNames.Describe(NameRules.Shown(Current.Text), ["like", "ilike", "in", "between", "is", "not"]) : null);
    }

    private SearchField Field()
    {
        var token = Current;
        switch (token.Kind)
        {
            case SearchTokenKind.Backticked or SearchTokenKind.DoubleQuoted:
                _next++;
                return new SearchField("", token.Text, token.Position);
            case SearchTokenKind.Word when Keywords.Contains(token.Text, StringComparer.OrdinalIgnoreCase):
            default:
                if (token.Kind == SearchTokenKind.Word && !Keywords.Contains(token.Text, StringComparer.OrdinalIgnoreCase))
                    break;
                throw Unexpected("a name such as metrics.auc, tags.owner or status", token.Kind == SearchTokenKind.Text ? "Keys stand without quotes, or in backticks." : null);
        }

        _next++;
        var dot = token.Text.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0)
            return new SearchField("", token.Text, token.Position);
        var entity = token.Text[..dot];
        if (dot < token.Text.Length - 1)
            return new SearchField(entity, token.Text[(dot + 1)..], token.Position);
        if (Current is { Kind: SearchTokenKind.Backticked or SearchTokenKind.DoubleQuoted, FollowsAtOnce: true, Text.Length: > 0 } key)
        {
            _next++;
            return new SearchField(entity, key.Text, token.Position);
        }

        throw Unexpected($"a key after '{NameRules.Shown(entity)}.'");
    }

    // "metrics" and "metrics.*" stand for all of them.
    private SearchField Selected()
    {
        if (Current is { Kind: SearchTokenKind.Word } word && word.Text.EndsWith('.') && word.Text.Length > 1 && _tokens[_next + 1] is { Text: "*", FollowsAtOnce: true })
        {
            _next += 2;
            return new SearchField("", word.Text[..^1], word.Position);
        }

        return Field();
    }

    private List<SearchOrder> Order()
    {
        var order = new List<SearchOrder>();
        do
        {
            var field = Field();
            var descending = Take("desc");
            if (!descending)
                Take("asc");
            order.Add(new SearchOrder(field, descending));
        }
        while (Take(","));
        if (order.Count > SearchLimits.OrderKeys)
            throw new InvalidInputException($"The order has {order.Count} keys; at most {SearchLimits.OrderKeys} are allowed.");
        return order;
    }

    private bool Take(string keyword)
    {
        if (!Current.Is(keyword))
            return false;
        _next++;
        return true;
    }

    private void RequireEnd(string expected)
    {
        if (Current.Kind != SearchTokenKind.End)
            throw Unexpected(expected, Current.Kind == SearchTokenKind.Word ? NearestNames.Describe(NameRules.Shown(Current.Text), ["and", "or", "order by", "limit", "asc", "desc"]) : null);
    }

    private InvalidInputException Unexpected(string expected, string? hint = null) =>
        SearchLexer.Error(_text, Current.Position, Current.Shown, expected, hint);
}
