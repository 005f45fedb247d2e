namespace MlOps.Registry;

internal sealed partial class SearchParser
{
    private SearchValue Value()
    {
        var token = Current;
        switch (token.Kind)
        {
            case SearchTokenKind.Text or SearchTokenKind.DoubleQuoted:
                _next++;
                return new TextValue(token.Text, token.Position);
            case SearchTokenKind.Number:
                _next++;
                return new NumberValue(token.Number, token.Position);
            case SearchTokenKind.Symbol when token.Text is "-" or "+" && _tokens[_next + 1].Kind == SearchTokenKind.Number:
                _next += 2;
                return new NumberValue(token.Text == "-" ? -_tokens[_next - 1].Number : _tokens[_next - 1].Number, token.Position);
            case SearchTokenKind.Word when token.Is("now"):
                _next++;
                return new NowValue(Offset(), token.Position);
            case SearchTokenKind.Word:
                throw Unexpected("a value", $"Texts stand in quotes: '{NameRules.Shown(token.Text)}'.");
            case SearchTokenKind.Backticked:
                throw Unexpected("a value", $"Backticks are for keys; texts stand in quotes: '{NameRules.Shown(token.Text)}'.");
            default:
                throw Unexpected("a number, a text in quotes, or a moment such as now - 7d");
        }
    }

    private TimeSpan Offset()
    {
        if (Current is not { Kind: SearchTokenKind.Symbol, Text: "-" or "+" })
            return TimeSpan.Zero;
        var sign = Current.Text == "-" ? -1 : 1;
        _next++;
        if (Current.Kind != SearchTokenKind.Duration)
            throw Unexpected("a duration such as 7d (units s, m, h, d, w)");
        var duration = Current;
        var seconds = duration.Text[^1] switch { 's' => 1L, 'm' => 60, 'h' => 3_600, 'd' => 86_400, _ => 604_800 };
        if (duration.Number * seconds > 36_500L * 86_400)
            throw Unexpected("a duration of at most 36500d");
        _next++;
        return TimeSpan.FromSeconds(sign * duration.Number * seconds);
    }

    private string Pattern()
    {
        if (Current.Kind is not (SearchTokenKind.Text or SearchTokenKind.DoubleQuoted))
            throw Unexpected("a pattern in quotes", "'%' stands for any characters, '_' for one.");
        var pattern = Current.Text;
        if (pattern.Length > SearchLimits.PatternLength || pattern.Count(c => c == '%') > SearchLimits.Wildcards)
        {
            throw new InvalidInputException(
                $"The pattern at position {Current.Position + 1} has {pattern.Length} characters and {pattern.Count(c => c == '%')} '%'; at most {SearchLimits.PatternLength} and {SearchLimits.Wildcards} are allowed.");
        }

        _next++;
        return pattern;
    }

    private List<SearchValue> List()
    {
        if (!Take("("))
            throw Unexpected("'(' and a list of values");
        var values = new List<SearchValue>();
        do
        {
            values.Add(Value());
            if (++_values > SearchLimits.ListValues)
                throw new InvalidInputException($"The IN lists of the filter have more than {SearchLimits.ListValues} values together. Search in several steps.");
        }
        while (Take(","));
        return Take(")") ? values : throw Unexpected("',' or ')'");
    }
}
