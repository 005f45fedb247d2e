namespace MlOps.Serving;

/// <summary>How requests in tensors join batches.</summary>
public sealed record TensorBatchingOptions
{
    /// <summary>Whether requests in tensors join batches at all.</summary>
    /// <value>Default: true. What cannot be batched, and what gains nothing from it, runs alone all the same.</value>
    public bool Enabled { get; init; } = true;

    /// <summary>The most bytes of one batch's inputs and outputs.</summary>
    /// <value>Default: 32 MiB.</value>
    public long MaximumBatchBytes { get; init; } = 32L << 20;

    /// <summary>The most bytes of batch buffers that are kept for later batches of one model version.</summary>
    /// <value>Default: 256 MiB. Beyond it the shapes that were not seen for the longest time lose theirs.</value>
    public long CacheBytes { get; init; } = 256L << 20;

    /// <summary>Inputs of varying length, such as token ids.</summary>
    /// <value>Default: null: only requests of equal shapes join a batch.</value>
    public RaggedOptions? Ragged { get; init; }
}
