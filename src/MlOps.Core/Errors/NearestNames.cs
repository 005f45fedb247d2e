namespace MlOps;

/// <summary>Finds the names that a mistyped one was probably meant to be.</summary>
public static class NearestNames
{
    /// <summary>The suffix for an error message: "Did you mean 'a' or 'b'?", or the known names when nothing is near.</summary>
    /// <param name="wanted">The name that was not found.</param>
    /// <param name="known">The names that exist.</param>
    /// <returns>One sentence; never empty.</returns>
    public static string Describe(string wanted, IEnumerable<string> known)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        ArgumentNullException.ThrowIfNull(known);
        var names = known.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        if (names.Length == 0)
            return "None exist yet.";
        var near = names
            .Select(name => (name, distance: Distance(wanted, name)))
            .Where(pair => pair.distance <= Math.Max(2, wanted.Length / 3))
            .OrderBy(pair => pair.distance).ThenBy(pair => pair.name, StringComparer.Ordinal)
            .Take(3).Select(pair => $"'{pair.name}'").ToArray();
        return near.Length > 0
            ? $"Did you mean {string.Join(" or ", near)}?"
            : $"Known: {string.Join(", ", names.Take(12).Select(name => $"'{name}'"))}{(names.Length > 12 ? $" and {names.Length - 12} more" : "")}.";
    }

    // Levenshtein distance with two rows, case ignored.
    private static int Distance(string a, string b)
    {
        if (a.Length > 256 || b.Length > 256)
            return int.MaxValue;
        Span<int> previous = stackalloc int[b.Length + 1];
        Span<int> current = stackalloc int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
            previous[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1;
                current[j] = Math.Min(Math.Min(current[j - 1], previous[j]) + 1, previous[j - 1] + cost);
            }

            current.CopyTo(previous);
        }

        return previous[b.Length];
    }
}
