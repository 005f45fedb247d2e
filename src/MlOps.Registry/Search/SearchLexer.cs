using System.Globalization;
using System.Text;

namespace MlOps.Registry;

/// <summary>Cuts a filter into tokens. Nothing of the text ever becomes SQL: the tokens become parameters or names of a fixed list.</summary>
internal static class SearchLexer
{
    public static List<SearchToken> Read(string text)
    {
        if (text.Length > SearchLimits.TextLength)
            throw new InvalidInputException($"The filter has {text.Length:N0} characters; at most {SearchLimits.TextLength:N0} are read. Search in several steps.");
        var tokens = new List<SearchToken>();
        var at = 0;
        while (true)
        {
            var before = at;
            while (at < text.Length && char.IsWhiteSpace(text[at]))
                at++;
            if (at == text.Length)
                break;
            var touches = at == before && before > 0;
            tokens.Add(Next(text, ref at) with { FollowsAtOnce = touches });
        }

        tokens.Add(new SearchToken(SearchTokenKind.End, "", text.Length));
        return tokens;
    }

    private static SearchToken Next(string text, ref int at)
    {
        var start = at;
        var c = text[at];
        switch (c)
        {
            case '\'':
                return new(SearchTokenKind.Text, Quoted(text, ref at), start);
            case '"':
                return new(SearchTokenKind.DoubleQuoted, Quoted(text, ref at), start);
            case '`':
                return new(SearchTokenKind.Backticked, Quoted(text, ref at), start);
            case '(' or ')' or ',' or '=' or '+' or '-' or '*':
                at++;
                if (c == '=' && at < text.Length && text[at] == '=')
                    throw Error(text, start, "'=='", "'='");
                return new(SearchTokenKind.Symbol, c.ToString(), start);
            case '<' or '>' or '!':
                at++;
                if (at < text.Length && (text[at] == '=' || (c == '<' && text[at] == '>')))
                    at++;
                var symbol = text[start..at];
                if (symbol == "!")
                    throw Error(text, start, "'!'", "'!='");
                return new(SearchTokenKind.Symbol, symbol == "<>" ? "!=" : symbol, start);
        }

        if (char.IsAsciiDigit(c) || (c == '.' && at + 1 < text.Length && char.IsAsciiDigit(text[at + 1])))
            return Number(text, ref at);
        if (IsWordStart(c))
            return Word(text, ref at);
        throw Error(text, start, $"'{NameRules.Shown(c.ToString())}'", "a name, a value or an operator");
    }

    private static SearchToken Word(string text, ref int at)
    {
        var start = at;
        while (at < text.Length && IsWordPart(text[at]))
        {
            // "now-7d" is a moment and not a name.
            if (text[at] == '-' && text.AsSpan(start, at - start).Equals("now", StringComparison.OrdinalIgnoreCase))
                break;
            at++;
        }

        return new(SearchTokenKind.Word, text[start..at], start);
    }

    private static SearchToken Number(string text, ref int at)
    {
        var start = at;
        while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] == '.'))
            at++;
        if (at < text.Length && text[at] is 'e' or 'E')
        {
            var digits = at + 1 < text.Length && text[at + 1] is '+' or '-' ? at + 2 : at + 1;
            if (digits < text.Length && char.IsAsciiDigit(text[digits]))
            {
                at = digits;
                while (at < text.Length && char.IsAsciiDigit(text[at]))
                    at++;
            }
        }

        var number = text[start..at];
        var unit = at;
        while (at < text.Length && (char.IsLetterOrDigit(text[at]) || text[at] is '_'))
            at++;
        if (!double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || !double.IsFinite(value))
            throw Error(text, start, $"'{NameRules.Shown(text[start..at])}'", "a number");
        if (at == unit)
            return new(SearchTokenKind.Number, number, start, value);
        if (at == unit + 1 && text[unit] is 's' or 'm' or 'h' or 'd' or 'w')
            return new(SearchTokenKind.Duration, text[start..at], start, value);
        throw Error(text, start, $"'{NameRules.Shown(text[start..at])}'", "a number, or a duration such as 7d (units s, m, h, d, w)");
    }

    private static string Quoted(string text, ref int at)
    {
        var start = at;
        var quote = text[at++];
        var value = new StringBuilder();
        while (at < text.Length)
        {
            var c = text[at++];
            if (c == quote)
            {
                if (at == text.Length || text[at] != quote)
                {
                    NameRules.Text("A text of the filter", value.ToString(), SearchLimits.TextLength);
                    return value.ToString();
                }

                at++;
            }

            value.Append(c);
        }

        throw Error(text, start, "the end", $"the closing {quote} of what was opened here");
    }

    internal static InvalidInputException Error(string text, int position, string found, string expected, string? hint = null) => new(
        $"The filter cannot be read at position {position + 1} ('{NameRules.Shown(text.Substring(position, Math.Min(20, text.Length - position)))}'): " +
        $"found {found}, expected {expected}.{(hint is null ? "" : " " + hint)}");

    private static bool IsWordStart(char c) => char.IsLetter(c) || c == '_';

    private static bool IsWordPart(char c) => char.IsLetterOrDigit(c) || c is '_' or '.' or '-' or '/';
}
