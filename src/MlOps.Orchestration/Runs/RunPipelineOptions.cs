using MlOps.Registry;

namespace MlOps.Orchestration;

/// <summary>How a run starts.</summary>
public sealed record RunPipelineOptions
{
    /// <summary>Starts at most once under this key within the pipeline: a second call with the same input joins the run, finished or not.</summary>
    /// <value>Default: null, always a new run. At most 200 characters.</value>
    public string? Key { get; init; }

    /// <summary>Why, for the record.</summary>
    /// <value>Default: empty.</value>
    public string Reason { get; init; } = "";

    /// <summary>Whether results of former runs with equal inputs, code and environment are reused.</summary>
    /// <value>Default: true.</value>
    public bool UseCache { get; init; } = true;

    /// <summary>What a model that the run makes stands for; set by promotions that retrain.</summary>
    public ModelProvenance? Provenance { get; init; }
}
