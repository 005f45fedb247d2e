using System.Collections.Frozen;

namespace MlOps;

/// <summary>Which permissions a role grants.</summary>
public static class EnvironmentRoles
{
    private static readonly FrozenDictionary<EnvironmentRole, FrozenSet<EnvironmentPermission>> Table = new Dictionary<EnvironmentRole, EnvironmentPermission[]>
    {
        [EnvironmentRole.Viewer] = [EnvironmentPermission.Read, EnvironmentPermission.Predict],
        [EnvironmentRole.Developer] =
        [
            EnvironmentPermission.Read, EnvironmentPermission.ReadArtifacts, EnvironmentPermission.LogRuns, EnvironmentPermission.RegisterModels,
            EnvironmentPermission.ReadFeatures, EnvironmentPermission.WriteFeatures, EnvironmentPermission.Predict,
        ],
        [EnvironmentRole.Approver] = [EnvironmentPermission.Read, EnvironmentPermission.ReadArtifacts, EnvironmentPermission.Approve, EnvironmentPermission.ReadAudit, EnvironmentPermission.Predict],
        [EnvironmentRole.Operator] =
        [
            EnvironmentPermission.Read, EnvironmentPermission.ReadArtifacts, EnvironmentPermission.MoveAliases, EnvironmentPermission.Delete,
            EnvironmentPermission.Operate, EnvironmentPermission.ReadAudit, EnvironmentPermission.ManageFeatures, EnvironmentPermission.Predict,
        ],
        [EnvironmentRole.Admin] = Enum.GetValues<EnvironmentPermission>(),
    }.ToFrozenDictionary(pair => pair.Key, pair => pair.Value.ToFrozenSet());

    /// <summary>What a role grants.</summary>
    /// <param name="role">The role.</param>
    /// <returns>The permissions.</returns>
    public static IReadOnlySet<EnvironmentPermission> PermissionsOf(EnvironmentRole role) =>
        Table.TryGetValue(role, out var permissions) ? permissions : throw new ArgumentOutOfRangeException(nameof(role), role, "There is no such role.");

    /// <summary>Reads the name of a role, case ignored.</summary>
    /// <param name="name">The name.</param>
    /// <returns>The role.</returns>
    /// <exception cref="InvalidDefinitionException">There is no such role; the message names the nearest.</exception>
    public static EnvironmentRole Parse(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return TryParse(name, out var role)
            ? role
            : throw new InvalidDefinitionException($"There is no role '{name}'. {NearestNames.Describe(name, Enum.GetNames<EnvironmentRole>())}");
    }

    // Enum.TryParse would take numbers and sums as well.
    internal static bool TryParse(string name, out EnvironmentRole role)
    {
        foreach (var candidate in Enum.GetValues<EnvironmentRole>())
        {
            if (string.Equals(candidate.ToString(), name.Trim(), StringComparison.OrdinalIgnoreCase))
            {
                role = candidate;
                return true;
            }
        }

        role = default;
        return false;
    }
}
