namespace MlOps;

/// <summary>One instance for equal short texts of a column, while there are not too many different ones. Not thread-safe.</summary>
internal sealed class TextPool
{
    private const int MaxTexts = 16_384;
    private const int MaxLength = 64;
    private HashSet<string>? _texts;
    private bool _full;

    public string Get(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty)
            return "";
        if (_full || text.Length > MaxLength)
            return text.ToString();
        _texts ??= new HashSet<string>(StringComparer.Ordinal);
        var known = _texts.GetAlternateLookup<ReadOnlySpan<char>>();
        if (known.TryGetValue(text, out var shared))
            return shared;
        shared = text.ToString();
        _texts.Add(shared);
        if (_texts.Count == MaxTexts)
            (_full, _texts) = (true, null);
        return shared;
    }
}
