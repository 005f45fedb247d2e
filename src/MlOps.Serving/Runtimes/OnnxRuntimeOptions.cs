namespace MlOps.Serving;

/// <summary>How ONNX Runtime sessions are made.</summary>
public sealed record OnnxRuntimeOptions
{
    /// <summary>Threads that one run may use.</summary>
    /// <value>Default: 1. Parallelism comes from several batches at once; more threads pay for large convolutions and transformers only.</value>
    public int IntraOpThreads { get; init; } = 1;

    /// <summary>Whether idle worker threads spin.</summary>
    /// <value>Default: false. Spinning doubles the time of a batch on a shared host.</value>
    public bool AllowSpinning { get; init; }

    /// <summary>Whether denormal numbers count as zero.</summary>
    /// <value>Default: false, as ONNX Runtime.</value>
    public bool DenormalAsZero { get; init; }
}
