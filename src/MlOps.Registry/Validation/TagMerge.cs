namespace MlOps.Registry;

/// <summary>What tags become when some are set and some are taken away.</summary>
internal static class TagMerge
{
    /// <summary>The tags afterwards, or null when nothing would change.</summary>
    /// <exception cref="InvalidInputException">There would be too many.</exception>
    public static Dictionary<string, string>? Apply(Dictionary<string, string> before, Dictionary<string, string?> changes, string owner)
    {
        var after = new Dictionary<string, string>(before, StringComparer.Ordinal);
        foreach (var (name, value) in changes)
        {
            if (value is null)
                after.Remove(name);
            else
                after[name] = value;
        }

        if (after.Count > RegistryLimits.Tags)
            throw new InvalidInputException($"{owner} would have {after.Count} tags; at most {RegistryLimits.Tags} are allowed.");
        return after.Count == before.Count && after.All(pair => before.TryGetValue(pair.Key, out var old) && old == pair.Value) ? null : after;
    }
}
