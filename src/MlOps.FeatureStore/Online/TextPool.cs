namespace MlOps.Features;

/// <summary>Gives equal texts one object, as long as there are few different ones.</summary>
internal sealed class TextPool
{
    private const int Most = 1 << 14;
    private readonly HashSet<string> _texts = new(StringComparer.Ordinal);

    public string? Shared(string? text)
    {
        if (text is null)
            return null;
        if (_texts.TryGetValue(text, out var shared))
            return shared;
        if (_texts.Count == Most)
            _texts.Clear();
        _texts.Add(text);
        return text;
    }

    public void Clear() => _texts.Clear();
}
