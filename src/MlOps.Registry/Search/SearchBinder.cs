using System.Globalization;
using System.Text;

namespace MlOps.Registry;

/// <summary>Looks up the names of a filter and checks its values against their types.</summary>
internal sealed class SearchBinder(SearchSource source, SearchDialect dialect, Timestamp now)
{
    private static readonly string[] TimeFormats =
    [
        "yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd HH:mm", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss.FFFFFF", "yyyy-MM-dd HH:mm:ss.FFFFFF",
        "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFK",
    ];

    public BoundNode Bind(SearchNode node) => node switch
    {
        AndNode and => All([.. and.Parts.Select(Bind)]),
        OrNode or => new BoundGroup(false, [.. or.Parts.Select(Bind)]),
        NotNode not => new BoundNot(Bind(not.Inner)),
        ComparisonNode comparison => Compare(comparison),
        LikeNode like => Like(like),
        InNode list => In(list),
        BetweenNode between => Between(between),
        NullNode test => Null(test),
        _ => throw new InvalidOperationException($"A filter holds the unknown part {node.GetType().Name}."),
    };

    // An owner has one value of a key: several conditions on it are one question, asked with one look.
    private static BoundNode All(IReadOnlyList<BoundNode> parts)
    {
        var joined = new List<BoundNode>();
        foreach (var part in parts)
        {
            var same = part is BoundRows { IsOfOneRow: true } row ? joined.FindIndex(other => other is BoundRows { IsOfOneRow: true } rows && rows.Rows == row.Rows) : -1;
            if (same < 0)
                joined.Add(part);
            else
                joined[same] = ((BoundRows)joined[same]).And((BoundRows)part);
        }

        return joined.Count == 1 ? joined[0] : new BoundGroup(true, joined);
    }

    private BoundNode Compare(ComparisonNode node)
    {
        var target = source.Bind(node.Field);
        if (target.Type == SearchType.Kind)
            return node.Operator == "=" ? Kinds(target, [node.Value]) : throw KindOperator(node.Field, node.Operator);
        if (target.Type == SearchType.Text && node.Operator is not ("=" or "!="))
        {
            throw new InvalidInputException(
                $"{target.Name} is a text and cannot be compared by '{node.Operator}' (position {node.Field.Position + 1}). Texts know = != LIKE ILIKE IN; what shall be compared by size is logged as a metric.");
        }

        var value = Convert(target, node.Value);
        return Leaf(target, (sql, expression) => sql.Add(expression).Add(" ").Add(Symbol(node.Operator)).Add(" ").Value(value));
    }

    private BoundNode Like(LikeNode node)
    {
        var target = source.Bind(node.Field);
        if (target.Type != SearchType.Text)
            throw new InvalidInputException($"{target.Name} is {Described(target.Type)} and knows no LIKE (position {node.Field.Position + 1}). Compare it by = != < <= > >= or BETWEEN.");
        var (name, pattern, suffix) = node.IgnoreCase ? dialect.LikeIgnoringCase(node.Pattern) : dialect.Like(node.Pattern);
        return Leaf(target, (sql, expression) =>
        {
            sql.Add(node.Negated ? "NOT (" : "(").Add(expression).Add(name).Value(pattern).Add(suffix).Add(")");
        });
    }

    private BoundNode In(InNode node)
    {
        var target = source.Bind(node.Field);
        if (target.Type == SearchType.Kind)
            return node.Negated ? throw KindOperator(node.Field, "NOT IN") : Kinds(target, node.Values);
        object[] values = [.. node.Values.Select(value => Convert(target, value))];
        return Leaf(target, (sql, expression) => sql.Add(expression).Add(node.Negated ? " NOT IN " : " IN ").Values(values));
    }

    private BoundNode Between(BetweenNode node)
    {
        var target = source.Bind(node.Field);
        if (target.Type is SearchType.Text or SearchType.Kind)
            throw new InvalidInputException($"{target.Name} is {Described(target.Type)} and knows no BETWEEN (position {node.Field.Position + 1}). It is for numbers and times.");
        var (low, high) = (Convert(target, node.Low), Convert(target, node.High));
        return Leaf(target, (sql, expression) => sql.Add(expression).Add(node.Negated ? " NOT BETWEEN " : " BETWEEN ").Value(low).Add(" AND ").Value(high));
    }

    private BoundNode Null(NullNode node) => source.Bind(node.Field) switch
    {
        SearchRows rows => new BoundRows(rows, null, absent: !node.Negated),
        SearchColumn { Type: SearchType.Kind } => throw KindOperator(node.Field, "IS NULL"),
        var column => new BoundColumn((SearchColumn)column, (sql, expression) => sql.Add(expression).Add(node.Negated ? " IS NOT NULL" : " IS NULL"), guarded: false),
    };

    private static BoundNode Leaf(SearchTarget target, Action<SqlText, string> condition) =>
        target is SearchRows rows ? new BoundRows(rows, condition, absent: false) : new BoundColumn((SearchColumn)target, condition, ((SearchColumn)target).Nullable);

    // The manifest is canonical JSON of our own, in which the annotation of a kind stands only where an artifact has it.
    private BoundColumn Kinds(SearchTarget target, IReadOnlyList<SearchValue> values)
    {
        var needles = values.Select(value => Encoding.UTF8.GetBytes($"\"{ModelMediaTypes.KindAnnotation}\":\"{Kind(value)}\"")).ToArray();
        return new BoundColumn((SearchColumn)target, (sql, expression) =>
        {
            for (var i = 0; i < needles.Length; i++)
            {
                var (before, after) = dialect.Contains(expression);
                sql.Add(i == 0 ? "" : " OR ").Add(before).Value(needles[i]).Add(after);
            }
        }, guarded: false);
    }

    private static string Kind(SearchValue value)
    {
        var names = Enum.GetNames<ModelArtifactKind>();
        return value is TextValue text && names.FirstOrDefault(name => name.Equals(text.Text, StringComparison.OrdinalIgnoreCase)) is { } kind
            ? kind
            : throw new InvalidInputException($"The value at position {value.Position + 1} is no artifact kind. {NearestNames.Describe(value is TextValue wrong ? NameRules.Shown(wrong.Text) : "", names)}");
    }

    private static InvalidInputException KindOperator(SearchField field, string used) =>
        new($"kind is not compared by {used} (position {field.Position + 1}): write kind = 'Data', kind IN ('Data', 'Tags') or NOT kind = 'Data'.");

    private object Convert(SearchTarget target, SearchValue value)
    {
        switch (target.Type, value)
        {
            case (SearchType.Text, TextValue text):
                return target is SearchColumn { Normalise: { } normalise } ? normalise(text.Text) : text.Text;
            case (SearchType.Number, NumberValue number):
                return number.Number;
            case (SearchType.Time, NowValue moment):
                return (now + moment.Offset).Microseconds;
            case (SearchType.Time, NumberValue { Number: >= -62_135_596_800_000 and <= 253_402_300_799_999 } number):
                return (long)Math.Round(number.Number * 1000);
            case (SearchType.Time, TextValue text):
                return DateTimeOffset.TryParseExact(
                    text.Text, TimeFormats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
                    ? Timestamp.From(time).Microseconds
                    : throw new InvalidInputException(
                        $"'{NameRules.Shown(text.Text)}' at position {value.Position + 1} of the filter is no time. Write '2026-01-31', '2026-01-31T18:00:00Z', now - 7d, or milliseconds since 1970.");
            default:
                throw new InvalidInputException(
                    $"{target.Name} is {Described(target.Type)}, but position {value.Position + 1} of the filter compares it with {Described(value)}. {Remedy(target, value)}");
        }
    }

    private static string Remedy(SearchTarget target, SearchValue value) => (target.Type, value) switch
    {
        (SearchType.Text, NumberValue number) => $"Compare it with a text, '{number.Number.ToString(CultureInfo.InvariantCulture)}'; what shall be compared as a number is logged as a metric.",
        (SearchType.Number, TextValue) => "Numbers stand without quotes.",
        (SearchType.Time, _) => "Times are ISO texts, now - 7d, or milliseconds since 1970.",
        _ => "Moments are compared with times only.",
    };

    private static string Described(SearchType type) => type switch
    {
        SearchType.Text => "a text",
        SearchType.Number => "a number",
        SearchType.Time => "a time",
        _ => "an artifact kind",
    };

    private static string Described(SearchValue value) => value switch
    {
        TextValue text => $"the text '{NameRules.Shown(text.Text)}'",
        NumberValue number => $"the number {number.Number.ToString(CultureInfo.InvariantCulture)}",
        _ => "a moment",
    };

    // Only these six ever become SQL.
    private static string Symbol(string symbol) => symbol switch
    {
        "=" => "=",
        "!=" => "<>",
        "<" => "<",
        "<=" => "<=",
        ">" => ">",
        _ => ">=",
    };
}
