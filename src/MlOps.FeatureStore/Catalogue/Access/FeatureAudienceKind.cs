namespace MlOps.Features;

/// <summary>What an audience names.</summary>
public enum FeatureAudienceKind
{
    /// <summary>Every caller who has a role in the environment.</summary>
    Everyone = 0,

    /// <summary>The callers who have a role.</summary>
    Role = 1,

    /// <summary>The callers of a group.</summary>
    Group = 2,

    /// <summary>One user.</summary>
    User = 3,
}
