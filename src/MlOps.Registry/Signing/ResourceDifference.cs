namespace MlOps.Registry;

/// <summary>Says what differs between the files that were signed and those that are there.</summary>
internal static class ResourceDifference
{
    private const int Shown = 5;

    public static string? Find(IReadOnlyList<SignedResource> signed, IReadOnlyDictionary<string, string> found)
    {
        var names = signed.Select(resource => resource.Name).ToHashSet(StringComparer.Ordinal);
        string?[] parts =
        [
            Describe("added after signing", found.Keys.Where(name => !names.Contains(name))),
            Describe("missing", names.Where(name => !found.ContainsKey(name))),
            Describe("changed after signing", signed.Where(resource => found.TryGetValue(resource.Name, out var digest) && digest != resource.Sha256).Select(resource => resource.Name)),
        ];
        var differences = string.Join("; ", parts.OfType<string>());
        return differences.Length == 0 ? null : differences;
    }

    public static string? Describe(string what, IEnumerable<string> names)
    {
        var list = names.Order(StringComparer.Ordinal).ToList();
        return list.Count == 0 ? null : $"{what}: {string.Join(", ", list.Take(Shown).Select(NameRules.Shown))}{(list.Count > Shown ? $" and {list.Count - Shown} more" : "")}";
    }
}
