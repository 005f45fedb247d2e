namespace MlOps;

/// <summary>The rules for environment names: 1-63 characters of <c>a-z 0-9 -</c>, beginning with a letter; compared without case and stored in lower case.</summary>
public static class EnvironmentNames
{
    /// <summary>Checks a name and brings it to its stored form.</summary>
    /// <param name="name">The name as written.</param>
    /// <returns>The name in lower case.</returns>
    /// <exception cref="InvalidDefinitionException">The name breaks the rules.</exception>
    public static string Normalise(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var lower = name.ToLowerInvariant();
        if (!IsValid(lower))
            throw new InvalidDefinitionException(
                $"Environment name '{(name.Length > 80 ? name[..80] + "..." : name)}' is not allowed: use 1 to 63 of a-z, 0-9 and '-', beginning with a letter.");
        return lower;
    }

    /// <summary>Whether a name, in lower case already, keeps the rules.</summary>
    /// <param name="name">The name.</param>
    /// <returns>True when it is allowed.</returns>
    public static bool IsValid(string name) =>
        name is { Length: > 0 and <= 63 } && name[0] is >= 'a' and <= 'z' &&
        name.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-');
}
