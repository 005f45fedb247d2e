using MlOps.Registry;

namespace MlOps.Orchestration;

/// <summary>What an environment asks of models that come into it. Registered keyed by the environment's name; without one nothing is promoted into it.</summary>
public sealed record EnvironmentPolicy
{
    /// <summary>The one environment from which models may be promoted into this one.</summary>
    /// <value>Default: null, none.</value>
    public string? PromotesFrom { get; init; }

    /// <summary>How many people, other than the one who asked, must approve.</summary>
    /// <value>Default: 0.</value>
    public int Approvals { get; init; }

    /// <summary>Bounds by metric.</summary>
    public IReadOnlyDictionary<string, MetricBounds> Gates { get; init; } = new Dictionary<string, MetricBounds>();

    /// <summary>The artifact kinds that a version must have.</summary>
    /// <value>Default: empty, none is asked for.</value>
    public IReadOnlyList<ModelArtifactKind> RequiredArtifactKinds { get; init; } = [];

    /// <summary>Whether a version must take and give what the champion does.</summary>
    /// <value>Default: true.</value>
    public bool RequireCompatibleSignature { get; init; } = true;
}
