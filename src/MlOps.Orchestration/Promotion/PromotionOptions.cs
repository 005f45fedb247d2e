namespace MlOps.Orchestration;

/// <summary>How a promotion goes.</summary>
public sealed record PromotionOptions
{
    /// <summary>Promotes at most once under this key: a second call joins the first, ended or not.</summary>
    /// <value>Default: null; then a call joins a promotion of the same version that has not ended, and else begins a new one.</value>
    public string? Key { get; init; }

    /// <summary>How the model comes over.</summary>
    /// <value>Default: <see cref="PromotionStrategy.CopyModel"/>.</value>
    public PromotionStrategy Strategy { get; init; } = PromotionStrategy.CopyModel;

    /// <summary>Why, for the audit trail.</summary>
    /// <value>Default: empty.</value>
    public string Reason { get; init; } = "";

    /// <summary>The share of traffic that the version gets: 1 for all, less for a canary.</summary>
    /// <value>Default: 1. Range: above 0 to 1.</value>
    public double TrafficShare { get; init; } = 1;

    /// <summary>The alias that moves to the version.</summary>
    /// <value>Default: null: <c>champion</c> for all traffic, <c>challenger</c> for a canary.</value>
    public string? Alias { get; init; }

    /// <summary>The pipeline that retrains.</summary>
    /// <value>Default: null, the one whose run made the staged version.</value>
    public string? RetrainPipeline { get; init; }

    /// <summary>The retraining's parameters as JSON.</summary>
    /// <value>Default: null, those of the run that made the staged version.</value>
    public string? RetrainInput { get; init; }
}
