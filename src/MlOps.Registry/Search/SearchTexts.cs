using System.Collections.Concurrent;

namespace MlOps.Registry;

/// <summary>Parsed filters by their text, so that a filter that comes again is not parsed again. Bounded; thread-safe.</summary>
internal sealed class SearchTexts
{
    private const int Capacity = 256;
    private const int KeptLength = 2_000;
    private readonly ConcurrentDictionary<string, SearchStatement> _parsed = new(StringComparer.Ordinal);

    public SearchStatement Parse(string? text)
    {
        text ??= "";
        if (_parsed.TryGetValue(text, out var known))
            return known;
        var statement = SearchParser.Parse(text);
        if (text.Length > KeptLength)
            return statement;
        if (_parsed.Count >= Capacity)
            _parsed.Clear();
        _parsed[text] = statement;
        return statement;
    }
}
