namespace MlOps.Serving;

/// <summary>How one environment serves. Named options: the name is the environment's.</summary>
public sealed class ServingOptions
{
    /// <summary>How requests join batches, for endpoints that <see cref="Endpoints"/> does not name.</summary>
    public BatchingOptions Batching { get; set; } = new();

    /// <summary>Batching of single endpoints, by endpoint name.</summary>
    public Dictionary<string, BatchingOptions> Endpoints { get; } = new(StringComparer.Ordinal);

    /// <summary>How ONNX Runtime sessions are made.</summary>
    public OnnxRuntimeOptions Runtime { get; set; } = new();

    /// <summary>What <see cref="IModelTuner"/> found for single models, by name: their sessions and, where <see cref="Endpoints"/> says nothing, the batching of their endpoints.</summary>
    public Dictionary<string, TunedConfiguration> Tuned { get; } = new(StringComparer.Ordinal);

    /// <summary>What model files may contain.</summary>
    public ModelAdmissionOptions Admission { get; set; } = new();

    /// <summary>How much memory models may take, and which go when it is short.</summary>
    public ModelMemoryOptions Memory { get; set; } = new();

    /// <summary>Whether a host with the serving role loads what has traffic when it starts, so that readiness means warm.</summary>
    /// <value>Default: true; otherwise the first request to an endpoint loads its versions.</value>
    public bool WarmUpAtStart { get; set; } = true;

    /// <summary>How long a request may wait for its batch when it does not say so itself.</summary>
    /// <value>Default: null, without limit.</value>
    public TimeSpan? RequestTimeout { get; set; }

    /// <summary>How often traffic changes made by other processes are looked for.</summary>
    /// <value>Default: one second.</value>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Mirrored requests that may wait for the shadow; more are dropped.</summary>
    /// <value>Default: 1,024.</value>
    public int ShadowQueueLimit { get; set; } = 1024;

    /// <summary>Resilience, exposure, payload logs and feature look-up.</summary>
    public EndpointPolicies Policies { get; set; } = new();
}
