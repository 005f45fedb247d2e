namespace MlOps.Features;

/// <summary>
/// Finds features by the name of a property: exactly; else without regard to case and underscores; else as the end of one feature's name
/// behind the alias of its view.
/// </summary>
internal sealed class FeatureNameTable
{
    private readonly string[] _names;
    private readonly string[] _plain;

    public FeatureNameTable(IEnumerable<string> names)
    {
        _names = [.. names];
        _plain = [.. _names.Select(Plain)];
    }

    /// <summary>The number of the feature; -1 with what is wrong.</summary>
    public int Find(string name, out string? mistake)
    {
        mistake = null;
        var exact = Array.IndexOf(_names, name);
        if (exact >= 0)
            return exact;
        var plain = Plain(name);
        var found = Matches(i => _plain[i] == plain);
        if (found.Length == 0)
            found = Matches(i => EndsWith(_names[i], plain));
        if (found.Length == 1)
            return found[0];
        mistake = found.Length == 0
            ? $"no '{name}'. {NearestNames.Describe(name, _names).TrimEnd('.')}"
            : $"several columns or features that '{name}' could mean ({string.Join(", ", found.Select(i => $"'{_names[i]}'"))}): name one with [Feature(\"...\")]";
        return -1;
    }

    private int[] Matches(Func<int, bool> fits) => [.. Enumerable.Range(0, _names.Length).Where(fits)];

    // From an underscore on, so that "age" is not found in "mileage".
    private static bool EndsWith(string feature, string plain)
    {
        for (var at = feature.IndexOf('_', StringComparison.Ordinal); at >= 0; at = feature.IndexOf('_', at + 1))
        {
            if (Plain(feature[(at + 1)..]) == plain)
                return true;
        }

        return false;
    }

    private static string Plain(string name) => name.Replace("_", "", StringComparison.Ordinal).ToUpperInvariant();
}
