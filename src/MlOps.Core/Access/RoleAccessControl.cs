using System.Collections.Frozen;
using System.Security.Claims;
using Microsoft.Extensions.Logging;

namespace MlOps.Access;

/// <summary>Grants what the roles of the current caller grant, and nothing else. Only authenticated identities count.</summary>
internal sealed partial class RoleAccessControl : IAccessControl
{
    private static readonly string[] GroupClaims = ["role", "roles", "group", "groups"];

    // By each set of roles, the permissions that they grant together.
    private static readonly int[] PermissionsOf =
    [
        .. Enumerable.Range(0, 1 << Enum.GetValues<EnvironmentRole>().Length).Select(roles => Enum.GetValues<EnvironmentRole>()
            .Where(role => (roles & (1 << (int)role)) != 0).SelectMany(EnvironmentRoles.PermissionsOf).Aggregate(0, (mask, permission) => mask | (1 << (int)permission))),
    ];

    private readonly string _environment;
    private readonly ICallerAccessor _caller;
    private readonly ILogger _logger;
    private readonly bool _acceptClaims;
    private readonly int _process;
    private readonly FrozenDictionary<string, int> _users;
    private readonly FrozenDictionary<string, int> _groups;

    public RoleAccessControl(string environment, EnvironmentAccess access, ICallerAccessor caller, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(access);
        ArgumentNullException.ThrowIfNull(caller);
        _environment = EnvironmentNames.Normalise(environment);
        _caller = caller;
        _logger = logger;
        _acceptClaims = access.AcceptClaims;
        _process = MaskOf(access.Process);
        _users = Freeze(access.Users);
        _groups = Freeze(access.Groups);
    }

    public bool Allows(EnvironmentPermission permission) => (PermissionsOf[Roles()] & (1 << (int)permission)) != 0;

    public bool HasRole(EnvironmentRole role) => (Roles() & (1 << (int)role)) != 0;

    public bool IsUser(string name) =>
        !_caller.IsProcess && _caller.Current.Identities.Any(identity => identity.IsAuthenticated && string.Equals(identity.Name, name, StringComparison.OrdinalIgnoreCase));

    public bool IsInGroup(string group) => !_caller.IsProcess && _caller.Current.Identities.Any(identity =>
        identity.IsAuthenticated && identity.Claims.Any(claim => IsGroup(identity, claim) && string.Equals(claim.Value, group, StringComparison.OrdinalIgnoreCase)));

    public void Require(EnvironmentPermission permission, string subject)
    {
        if (Allows(permission))
            return;
        var caller = _caller.Name;
        LogDenied(_logger, caller, permission, subject, _environment);
        AccessMetrics.Denied(_environment, permission);
        var roles = Enum.GetValues<EnvironmentRole>().Where(role => EnvironmentRoles.PermissionsOf(role).Contains(permission));
        throw new AccessDeniedException(
            $"'{caller}' may not touch {subject} in environment '{_environment}': it needs the permission {permission}, which these roles grant: {string.Join(", ", roles)}.");
    }

    // The roles of the caller as a set of bits.
    private int Roles()
    {
        if (_caller.IsProcess)
            return _process;
        var granted = 0;
        foreach (var identity in _caller.Current.Identities)
        {
            if (identity.IsAuthenticated)
                granted |= Roles(identity);
        }

        return granted;
    }

    private int Roles(ClaimsIdentity identity)
    {
        var granted = identity.Name is { } name && _users.TryGetValue(name, out var own) ? own : 0;
        foreach (var claim in identity.Claims)
        {
            if (claim.Type == EnvironmentAccess.ClaimType)
                granted |= _acceptClaims ? FromClaim(claim.Value) : 0;
            else if (_groups.Count > 0 && IsGroup(identity, claim) && _groups.TryGetValue(claim.Value, out var group))
                granted |= group;
        }

        return granted;
    }

    private static bool IsGroup(ClaimsIdentity identity, Claim claim) =>
        claim.Type == identity.RoleClaimType || claim.Type == ClaimTypes.Role || GroupClaims.Contains(claim.Type);

    // What cannot be read grants nothing: a claim is the issuer's text.
    private int FromClaim(string value)
    {
        var colon = value.IndexOf(':', StringComparison.Ordinal);
        if (colon < 1)
            return 0;
        var where = value.AsSpan(0, colon);
        return (where is "*" || where.Equals(_environment, StringComparison.OrdinalIgnoreCase)) && EnvironmentRoles.TryParse(value[(colon + 1)..], out var role)
            ? MaskOf([role])
            : 0;
    }

    private static FrozenDictionary<string, int> Freeze(IReadOnlyDictionary<string, IReadOnlyList<EnvironmentRole>> roles) =>
        roles.GroupBy(pair => pair.Key, StringComparer.OrdinalIgnoreCase)
            .ToFrozenDictionary(group => group.Key, group => group.Aggregate(0, (mask, pair) => mask | MaskOf(pair.Value)), StringComparer.OrdinalIgnoreCase);

    private static int MaskOf(IEnumerable<EnvironmentRole> roles) => roles.Aggregate(
        0, (mask, role) => Enum.IsDefined(role) ? mask | (1 << (int)role) : throw new ArgumentOutOfRangeException(nameof(roles), role, "There is no such role."));
}
