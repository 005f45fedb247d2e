namespace MlOps.Features;

/// <summary>With whom features are shared. Groups and users are those of <see cref="EnvironmentAccess"/>; names are compared without case.</summary>
public sealed record FeatureAudience
{
    private FeatureAudience(FeatureAudienceKind kind, string name)
    {
        Kind = kind;
        Name = name;
    }

    /// <summary>Every caller who has a role in the environment.</summary>
    public static FeatureAudience Everyone { get; } = new(FeatureAudienceKind.Everyone, "");

    /// <summary>What the audience names.</summary>
    public FeatureAudienceKind Kind { get; }

    /// <summary>The role, the group or the user; empty for everyone.</summary>
    public string Name { get; }

    /// <summary>The callers who have a role: exactly this one, since roles do not contain each other.</summary>
    /// <param name="role">The role.</param>
    /// <returns>The audience.</returns>
    public static FeatureAudience Role(EnvironmentRole role) => Enum.IsDefined(role)
        ? new FeatureAudience(FeatureAudienceKind.Role, role.ToString())
        : throw new ArgumentOutOfRangeException(nameof(role), role, "There is no such role.");

    /// <summary>The callers of a group.</summary>
    /// <param name="name">The group.</param>
    /// <returns>The audience.</returns>
    public static FeatureAudience Group(string name) => new(FeatureAudienceKind.Group, NoteText.Line("group", name, 200));

    /// <summary>One user.</summary>
    /// <param name="name">The user's name.</param>
    /// <returns>The audience.</returns>
    public static FeatureAudience User(string name) => new(FeatureAudienceKind.User, NoteText.Line("user", name, 200));

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The audience.</returns>
    /// <exception cref="InvalidInputException">The text has another form.</exception>
    public static FeatureAudience Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Split(':', 2) switch
        {
            ["everyone"] => Everyone,
            ["role", var role] => Role(EnvironmentRoles.Parse(role)),
            ["group", var group] => Group(group),
            ["user", var user] => User(user),
            _ => throw new InvalidInputException($"'{text}' is no audience: expected 'everyone', 'role:name', 'group:name' or 'user:name'."),
        };
    }

    /// <inheritdoc />
    public override string ToString() => Kind == FeatureAudienceKind.Everyone ? "everyone" : $"{Kind.ToString().ToLowerInvariant()}:{Name}";
}
