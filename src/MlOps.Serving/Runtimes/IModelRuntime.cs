using MlOps.Registry;

namespace MlOps.Serving;

/// <summary>
/// A loaded model that maps rows of floats to rows of floats. <see cref="CreateBuffer"/> may be called from several threads; each
/// buffer is used by one thread at a time, different buffers at once.
/// </summary>
public interface IModelRuntime : IDisposable
{
    /// <summary>The input tensors.</summary>
    IReadOnlyList<TensorSpec> Inputs { get; }

    /// <summary>The output tensors.</summary>
    IReadOnlyList<TensorSpec> Outputs { get; }

    /// <summary>Floats in an input row.</summary>
    int InputWidth { get; }

    /// <summary>Floats in an output row.</summary>
    int OutputWidth { get; }

    /// <summary>The most rows that one run takes, when the model fixes it; otherwise null.</summary>
    int? FixedBatchSize { get; }

    /// <summary>The size of the model in memory, as far as it is known.</summary>
    long MemoryBytes { get; }

    /// <summary>Makes buffers that one batch is written to and read from.</summary>
    /// <param name="maximumRows">The most rows that it will hold.</param>
    /// <returns>The buffers; dispose them before the runtime.</returns>
    IBatchBuffer CreateBuffer(int maximumRows);
}
