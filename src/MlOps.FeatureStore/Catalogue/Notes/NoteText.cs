namespace MlOps.Features;

/// <summary>Checks what people write into definitions for the catalogue.</summary>
internal static class NoteText
{
    public static string Line(string what, string text, int longest)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(text, what);
        return text.Length <= longest && !text.Any(char.IsControl)
            ? text
            : throw new InvalidDefinitionException($"The {what} '{(text.Length > 60 ? text[..60] + "..." : text)}' is not allowed: use 1 to {longest} characters on one line.");
    }

    public static string Text(string what, string text, int longest = 8000)
    {
        ArgumentNullException.ThrowIfNull(text, what);
        return text.Length <= longest
            ? text
            : throw new InvalidDefinitionException($"The {what} has {text.Length} characters; {longest} are allowed. Shorten it.");
    }

    public static void AddTags(List<string> tags, IReadOnlyList<string> more)
    {
        ArgumentNullException.ThrowIfNull(more);
        foreach (var tag in more)
        {
            if (!tags.Contains(Line("tag", tag, 100), StringComparer.OrdinalIgnoreCase))
                tags.Add(tag);
        }

        if (tags.Count > 50)
            throw new InvalidDefinitionException($"There are {tags.Count} tags; 50 are allowed. Describe the feature instead.");
    }

    public static FeatureShare Share(FeatureAudience audience, FeatureVisibility visibility)
    {
        ArgumentNullException.ThrowIfNull(audience);
        return Enum.IsDefined(visibility)
            ? new FeatureShare(audience, visibility)
            : throw new ArgumentOutOfRangeException(nameof(visibility), visibility, "Choose None, Metadata or Values.");
    }

    public static FeatureDeprecation Deprecation(string reason, Timestamp? since, string? replacement) =>
        new(Text("reason of a deprecation", reason), since, replacement is null ? null : Line("replacement", replacement, 250));
}
