namespace MlOps;

/// <summary>Who has which roles in one environment. Once it is given, whoever has no role may do nothing.</summary>
public sealed record EnvironmentAccess
{
    /// <summary>The type of claims that name a role: <c>production:approver</c>, or <c>*:viewer</c> for every environment.</summary>
    public const string ClaimType = "mlops:role";

    /// <summary>Roles by the name of an authenticated identity, case ignored.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<EnvironmentRole>> Users { get; init; } = new Dictionary<string, IReadOnlyList<EnvironmentRole>>();

    /// <summary>Roles by a group or an ordinary role of an authenticated identity (its role claims, and claims <c>role</c>, <c>roles</c>, <c>group</c>, <c>groups</c>), case ignored.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<EnvironmentRole>> Groups { get; init; } = new Dictionary<string, IReadOnlyList<EnvironmentRole>>();

    /// <summary>Whether claims of the type <see cref="ClaimType"/> grant roles. Turn it off when the tokens are issued by somebody who must not decide this.</summary>
    /// <value>Default: true.</value>
    public bool AcceptClaims { get; init; } = true;

    /// <summary>What the process itself may do when no caller is set: hosted workers, schedulers, start-up.</summary>
    /// <value>
    /// Default: <see cref="EnvironmentRole.Admin"/>, so that background work goes on. Set no role only in processes without background
    /// work, where every act has a caller.
    /// </value>
    public IReadOnlyList<EnvironmentRole> Process { get; init; } = [EnvironmentRole.Admin];
}
