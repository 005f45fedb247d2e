using System.Buffers;
using System.Text;

namespace MlOps.Registry;

/// <summary>
/// What names and texts may look like. Nothing a caller names ever becomes a path, but what looks like one is refused all the
/// same: names end up in exports, logs and URLs.
/// </summary>
internal static class NameRules
{
    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

    private static readonly SearchValues<char> AliasCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_-");

    private static readonly SearchValues<char> MediaTypeCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&-^_.+");

    public static void Model(string model)
    {
        if (!IsName(model, RegistryLimits.ModelNameLength) || !char.IsAsciiLetter(model[0]))
        {
            throw new InvalidDefinitionException(
                $"Model name '{Shown(model)}' is not allowed: use 1 to {RegistryLimits.ModelNameLength} letters, digits, '.', '_' and '-', beginning with a letter, without '..'.");
        }
    }

    public static void Experiment(string experiment)
    {
        if (!IsName(experiment, RegistryLimits.ModelNameLength) || !char.IsAsciiLetterOrDigit(experiment[0]))
        {
            throw new InvalidDefinitionException(
                $"Experiment name '{Shown(experiment)}' is not allowed: use 1 to {RegistryLimits.ModelNameLength} letters, digits, '.', '_' and '-', beginning with a letter or digit, without '..'.");
        }
    }

    public static void Artifact(string name)
    {
        if (!IsArtifact(name))
        {
            throw new InvalidDefinitionException(
                $"Artifact name '{Shown(name)}' is not allowed: use 1 to {RegistryLimits.ArtifactNameLength} letters, digits, '.', '_' and '-', with no '.' at either end and without '..'.");
        }

        // An exported artifact becomes a file of this name.
        if (IsDevice(name.AsSpan(0, name.IndexOf('.', StringComparison.Ordinal) is var dot and >= 0 ? dot : name.Length)))
            throw new InvalidDefinitionException($"Artifact name '{name}' is not allowed: Windows takes it for a device and not for a file. Give it another name.");
    }

    public static bool IsArtifact(string? name) => IsName(name, RegistryLimits.ArtifactNameLength) && name![0] != '.' && name[^1] != '.';

    public static void Alias(string alias)
    {
        if (alias is not { Length: > 0 and <= RegistryLimits.AliasLength } || !char.IsAsciiLetterLower(alias[0]) ||
            alias.AsSpan().ContainsAnyExcept(AliasCharacters))
        {
            throw new InvalidDefinitionException(
                $"Alias '{Shown(alias)}' is not allowed: use 1 to {RegistryLimits.AliasLength} lower-case letters, digits, '_' and '-', beginning with a letter.");
        }
    }

    /// <summary>Names of metrics, parameters, tags, inputs and run artifacts: printable, with forward slashes as separators.</summary>
    public static void Field(string what, string name)
    {
        if (name is { Length: > 0 and <= RegistryLimits.FieldNameLength } && IsPrintable(name) && !char.IsWhiteSpace(name[0]) && !char.IsWhiteSpace(name[^1]) && !name.AsSpan().ContainsAny('\\', ':') && HasPlainSegments(name))
            return;
        throw new InvalidInputException(
            $"{what} name '{Shown(name)}' is not allowed: use 1 to {RegistryLimits.FieldNameLength} printable characters without '\\' and ':', with no white space at either end; parts between '/' must not be empty, '.' or '..'.");
    }

    public static void Text(string what, string? value, int maximum)
    {
        if (value is null)
            throw new InvalidInputException($"{what} is null. Pass an empty text instead.");
        if (value.Length > maximum)
            throw new InvalidInputException($"{what} has {value.Length} characters; at most {maximum} are allowed. Store long texts as an artifact.");
        if (!IsWellFormed(value))
            throw new InvalidInputException($"{what} is not valid text: it holds a NUL character or half of a surrogate pair.");
    }

    public static void Tags(IReadOnlyDictionary<string, string> tags)
    {
        if (tags.Count > RegistryLimits.Tags)
            throw new InvalidInputException($"There are more than the {RegistryLimits.Tags} tags that are allowed.");
        foreach (var (name, value) in tags)
        {
            Field("Tag", name);
            Text($"The value of tag '{name}'", value, RegistryLimits.TagValueLength);
        }
    }

    public static void Reference(string what, ArtifactRef reference)
    {
        if (reference is null)
            throw new InvalidDefinitionException($"{what} has no content. Store its bytes first and pass the reference that the artifact store returned.");
        if (!ArtifactDigest.TryParse(reference.Digest, out _))
            throw new InvalidDefinitionException($"{what} has the digest '{Shown(reference.Digest)}': expected 'sha256:' and 64 lower-case hexadecimal digits.");
        if (reference.Size < 0)
            throw new InvalidDefinitionException($"{what} has the size {reference.Size}: expected 0 or more bytes.");
        MediaType(what, reference.MediaType);
    }

    public static void MediaType(string what, string mediaType)
    {
        var slash = mediaType?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        if (mediaType is { Length: <= 127 } && slash > 0 && slash < mediaType.Length - 1 &&
            !mediaType.AsSpan(0, slash).ContainsAnyExcept(MediaTypeCharacters) &&
            !mediaType.AsSpan(slash + 1).ContainsAnyExcept(MediaTypeCharacters))
        {
            return;
        }

        throw new InvalidDefinitionException($"{what} has the media type '{Shown(mediaType)}': expected 'type/subtype' of at most 127 characters, for instance 'application/json'.");
    }

    /// <summary>A name as it may stand in a message: cut short, without control characters.</summary>
    public static string Shown(string? name)
    {
        if (name is null)
            return "(null)";
        var shown = new StringBuilder(Math.Min(name.Length, 84));
        foreach (var c in name.AsSpan(0, Math.Min(name.Length, 80)))
            shown.Append(!IsVisible(c) || char.IsSurrogate(c) ? '\uFFFD' : c);
        if (name.Length > 80)
            shown.Append("...");
        return shown.ToString();
    }

    private static bool IsName(string? name, int maximum) =>
        name is { Length: > 0 } && name.Length <= maximum && !name.AsSpan().ContainsAnyExcept(NameCharacters) &&
        !name.Contains("..", StringComparison.Ordinal);

    private static bool HasPlainSegments(string name)
    {
        foreach (var range in name.AsSpan().Split('/'))
        {
            if (name.AsSpan(range) is "" or "." or "..")
                return false;
        }

        return true;
    }

    private static bool IsDevice(ReadOnlySpan<char> stem) => stem.Length switch
    {
        3 => stem.Equals("con", StringComparison.OrdinalIgnoreCase) || stem.Equals("prn", StringComparison.OrdinalIgnoreCase) ||
             stem.Equals("aux", StringComparison.OrdinalIgnoreCase) || stem.Equals("nul", StringComparison.OrdinalIgnoreCase),
        4 => char.IsAsciiDigit(stem[3]) && (stem[..3].Equals("com", StringComparison.OrdinalIgnoreCase) || stem[..3].Equals("lpt", StringComparison.OrdinalIgnoreCase)),
        _ => false,
    };

    // Marks of writing direction, line breaks and spaces without width: a name that holds them reads as another one. Joiners belong to scripts and emoji.
    private static bool IsVisible(char c) =>
        !char.IsControl(c) && c is not (>= '\u202A' and <= '\u202E' or >= '\u2066' and <= '\u2069' or '\u200E' or '\u200F' or '\u061C' or
            '\u2028' or '\u2029' or '\u200B' or '\u2060' or '\uFEFF');

    private static bool IsPrintable(string text)
    {
        foreach (var c in text)
        {
            if (!IsVisible(c))
                return false;
        }

        return IsWellFormed(text);
    }

    private static bool IsWellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\0' || char.IsLowSurrogate(text[i]))
                return false;
            if (char.IsHighSurrogate(text[i]) && (++i == text.Length || !char.IsLowSurrogate(text[i])))
                return false;
        }

        return true;
    }
}
