using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace MlOps.Serving;

/// <summary>A few values by name over two arrays; the names are shared by all answers.</summary>
internal sealed class NamedValues(string[] names, ModelValue[] values) : IReadOnlyDictionary<string, ModelValue>
{
    public int Count => names.Length;

    public IEnumerable<string> Keys => names;

    public IEnumerable<ModelValue> Values => values;

    public ModelValue this[string key] =>
        TryGetValue(key, out var value) ? value : throw new KeyNotFoundException($"There is no value '{key}'. {NearestNames.Describe(key, names)}");

    public bool ContainsKey(string key) => names.AsSpan().Contains(key);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out ModelValue value)
    {
        var index = names.AsSpan().IndexOf(key);
        value = index >= 0 ? values[index] : null;
        return index >= 0;
    }

    public IEnumerator<KeyValuePair<string, ModelValue>> GetEnumerator()
    {
        for (var i = 0; i < names.Length; i++)
            yield return new(names[i], values[i]);
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
