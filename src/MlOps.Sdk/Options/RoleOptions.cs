namespace MlOps;

/// <summary>
/// Who has which roles in an environment, by names of <see cref="EnvironmentRole"/>, several separated by commas. As soon as anything is
/// set, whoever has no role may do nothing.
/// </summary>
public sealed class RoleOptions
{
    /// <summary>Roles by the name of a user: <c>"ada": "Developer, Approver"</c>.</summary>
    public Dictionary<string, string> Users { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Roles by a group or an ordinary role claim of a user: <c>"ml-platform": "Operator"</c>.</summary>
    public Dictionary<string, string> Groups { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>What the process itself may do when no caller is set: hosted workers, schedulers, start-up. <c>None</c> for nothing.</summary>
    /// <value>Default: null, which is <c>Admin</c>.</value>
    public string? Process { get; set; }

    /// <summary>Whether claims <c>mlops:role</c> with values like <c>production:approver</c> grant roles.</summary>
    /// <value>Default: true.</value>
    public bool AcceptClaims { get; set; } = true;

    /// <summary>Whether roles are asked for.</summary>
    /// <value>Default: null, which is true when users, groups or the process are set. Set true to go by claims alone.</value>
    public bool? Enforce { get; set; }

    private bool IsEnforced => Enforce ?? (Users.Count > 0 || Groups.Count > 0 || Process is not null);

    /// <summary>The mistakes: what is wrong, by the key below this section.</summary>
    internal IEnumerable<(string Key, string Mistake)> Mistakes()
    {
        foreach (var (section, roles) in new[] { ("Users", Users), ("Groups", Groups) })
        {
            foreach (var (who, names) in roles)
            {
                foreach (var mistake in Wrong(names ?? ""))
                    yield return ($"{section}:{who}", mistake);
            }
        }

        if (Process is not null && !IsNone(Process))
        {
            foreach (var mistake in Wrong(Process))
                yield return ("Process", mistake);
        }

        if (Enforce == false && (Users.Count > 0 || Groups.Count > 0 || Process is not null))
            yield return ("Enforce", "is false although roles are set, so that everybody may do everything: remove Enforce, or the roles.");
    }

    internal EnvironmentAccess? ToAccess() => !IsEnforced ? null : new EnvironmentAccess
    {
        Users = Users.ToDictionary(pair => pair.Key, pair => Roles(pair.Value), StringComparer.OrdinalIgnoreCase),
        Groups = Groups.ToDictionary(pair => pair.Key, pair => Roles(pair.Value), StringComparer.OrdinalIgnoreCase),
        Process = Process is null ? [EnvironmentRole.Admin] : IsNone(Process) ? [] : Roles(Process),
        AcceptClaims = AcceptClaims,
    };

    private static bool IsNone(string text) => string.Equals(text.Trim(), "None", StringComparison.OrdinalIgnoreCase);

    private static IReadOnlyList<EnvironmentRole> Roles(string names) =>
        [.. names.Split(',', StringSplitOptions.TrimEntries).Select(EnvironmentRoles.Parse)];

    private static IEnumerable<string> Wrong(string names)
    {
        foreach (var name in names.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!Enum.GetNames<EnvironmentRole>().Contains(name, StringComparer.OrdinalIgnoreCase))
                yield return $"names the role '{name}', which there is not. {NearestNames.Describe(name, Enum.GetNames<EnvironmentRole>())}";
        }
    }
}
