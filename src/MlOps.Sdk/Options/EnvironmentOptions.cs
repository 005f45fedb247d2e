using MlOps.Registry;

namespace MlOps;

/// <summary>One environment.</summary>
public sealed class EnvironmentOptions
{
    /// <summary>What the environment is for.</summary>
    /// <value>Default: by its name, <c>staging</c> and <c>production</c> being those kinds and every other name a sandbox.</value>
    public EnvironmentKind? Kind { get; set; }

    /// <summary>Where the environment keeps what it owns.</summary>
    public StoreOptions Store { get; set; } = new();

    /// <summary>Limits and upkeep of the artifacts.</summary>
    public ArtifactOptions Artifacts { get; set; } = new();

    /// <summary>The one environment from which models may be promoted into this one.</summary>
    /// <value>Default: null, models are only made here.</value>
    public string? PromotesFrom { get; set; }

    /// <summary>How many people, other than the one who asked, must approve a promotion into this environment.</summary>
    /// <value>Default: 0. Range: 0 to 100.</value>
    public int Approvals { get; set; }

    /// <summary>The artifact kinds that a version must have to be promoted into this environment. When empty, <see cref="RequireCompleteArtifacts"/> decides.</summary>
    /// <value>Default: empty.</value>
    public HashSet<ModelArtifactKind> RequiredArtifactKinds { get; set; } = [];

    /// <summary>The artifact kinds without which no version is registered in this environment, be it made here or copied.</summary>
    /// <value>Default: empty, none is asked for.</value>
    public HashSet<ModelArtifactKind> RequiredAtRegistration { get; set; } = [];

    /// <summary>Whether a version must have all eight artifact kinds to be promoted into this environment: the short form of <see cref="RequiredArtifactKinds"/>.</summary>
    /// <value>Default: true for production, false otherwise; without effect when <see cref="RequiredArtifactKinds"/> names any.</value>
    public bool? RequireCompleteArtifacts { get; set; }

    /// <summary>Bounds on metrics that a version must keep to be promoted into this environment, by metric.</summary>
    public Dictionary<string, GateBounds> Gates { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The traffic of endpoints, by endpoint; promotion and code may change it later.</summary>
    public Dictionary<string, TrafficOptions> Traffic { get; set; } = new(StringComparer.Ordinal);

    /// <summary>Who has which roles here. Without any setting everybody may do everything.</summary>
    public RoleOptions Roles { get; set; } = new();

    /// <summary>How endpoints of this environment serve.</summary>
    public ServingSettings Serving { get; set; } = new();

    /// <summary>Whose signatures a model version needs to be promoted into this environment and to be loaded in it.</summary>
    public SignatureOptions Signatures { get; set; } = new();
}
