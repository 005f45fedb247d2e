namespace MlOps.Features;

/// <summary>What the sharing settings let the current caller see. Made for one operation; remembers what it found out.</summary>
internal sealed class CallerSight
{
    private readonly IAccessControl _access;
    private readonly bool _isNobody;
    private readonly Dictionary<FeatureAudience, bool> _audiences = [];
    private readonly Dictionary<string, bool> _owners = new(StringComparer.Ordinal);
    private readonly Dictionary<IReadOnlyList<FeatureShare>, FeatureVisibility> _lists = new(ReferenceEqualityComparer.Instance);

    public CallerSight(IAccessControl access)
    {
        _access = access;
        IsOpen = !access.IsRestricted || access.HasRole(EnvironmentRole.Admin);
        _isNobody = !IsOpen && !access.Allows(EnvironmentPermission.Read);
    }

    /// <summary>Whether everything is visible: nobody set rules, or the caller is an administrator.</summary>
    public bool IsOpen { get; }

    /// <summary>How far the caller sees a feature, apart from permissions.</summary>
    public FeatureVisibility Of(string? owner, IReadOnlyList<FeatureShare> sharing)
    {
        if (IsOpen || IsOwner(owner))
            return FeatureVisibility.Values;
        if (sharing.Count == 0 || _isNobody)
            return FeatureVisibility.None;
        if (!_lists.TryGetValue(sharing, out var seen))
            _lists.Add(sharing, seen = Decide(sharing));
        return seen;
    }

    public FeatureVisibility Of(FeatureView view, string feature) => Of(view.Owner, view.NotesOf(feature).Sharing);

    /// <summary>Whether the caller is the owner that a definition names.</summary>
    public bool IsOwner(string? owner)
    {
        if (owner is null || _isNobody)
            return false;
        if (!_owners.TryGetValue(owner, out var isOwner))
            _owners.Add(owner, isOwner = owner.StartsWith("group:", StringComparison.Ordinal) ? _access.IsInGroup(owner[6..]) : _access.IsUser(owner));
        return isOwner;
    }

    private FeatureVisibility Decide(IReadOnlyList<FeatureShare> sharing)
    {
        var matching = sharing.Where(share => Matches(share.Audience)).ToArray();
        if (matching.Length == 0)
            return FeatureVisibility.None;
        var kind = matching.Max(share => share.Audience.Kind);
        return matching.Where(share => share.Audience.Kind == kind).Max(share => share.Visibility);
    }

    private bool Matches(FeatureAudience audience)
    {
        if (!_audiences.TryGetValue(audience, out var matches))
        {
            matches = audience.Kind switch
            {
                FeatureAudienceKind.Everyone => true,
                FeatureAudienceKind.Role => _access.HasRole(EnvironmentRoles.Parse(audience.Name)),
                FeatureAudienceKind.Group => _access.IsInGroup(audience.Name),
                _ => _access.IsUser(audience.Name),
            };
            _audiences.Add(audience, matches);
        }

        return matches;
    }
}
