using MlOps.Registry;

namespace MlOps.Serving;

/// <summary>
/// A loaded model: tensors in, tensors out. A model with one float input [N, features] and a float output also maps rows of floats to
/// rows of floats (<see cref="HasRows"/>), which is what batches are made of. <see cref="CreateBuffer"/> and <see cref="Run"/> may be
/// called from several threads; each buffer is used by one thread at a time, different buffers at once.
/// </summary>
public interface IModelRuntime : IDisposable
{
    /// <summary>The input tensors.</summary>
    IReadOnlyList<TensorSpec> Inputs { get; }

    /// <summary>The output tensors.</summary>
    IReadOnlyList<TensorSpec> Outputs { get; }

    /// <summary>Whether the model maps rows of floats to rows of floats.</summary>
    /// <value>Default: true.</value>
    bool HasRows => true;

    /// <summary>Floats in an input row; 0 without rows.</summary>
    int InputWidth { get; }

    /// <summary>Floats in an output row; 0 without rows.</summary>
    int OutputWidth { get; }

    /// <summary>The most rows that one run takes, when the model fixes it; otherwise null.</summary>
    int? FixedBatchSize { get; }

    /// <summary>The size of the model in memory, as far as it is known.</summary>
    long MemoryBytes { get; }

    /// <summary>Where it computes, for instance <c>cpu</c> or <c>cuda:0</c>.</summary>
    /// <value>Default: <c>cpu</c>.</value>
    string Device => "cpu";

    /// <summary>Makes buffers that one batch is written to and read from.</summary>
    /// <param name="maximumRows">The most rows that it will hold.</param>
    /// <returns>The buffers; dispose them before the runtime.</returns>
    /// <exception cref="NotSupportedException">The model has no rows.</exception>
    IBatchBuffer CreateBuffer(int maximumRows);

    /// <summary>Runs the model once, by itself. Blocks.</summary>
    /// <param name="inputs">The inputs by name; optional inputs of the model may be left out.</param>
    /// <param name="outputs">The outputs wanted; null means all.</param>
    /// <param name="cancellationToken">Ends the run early where the runtime can.</param>
    /// <returns>The outputs by name, in the model's order; their memory belongs to the caller.</returns>
    /// <exception cref="InvalidInputException">An input is missing, unknown, or of a wrong type or shape.</exception>
    IReadOnlyDictionary<string, ModelValue> Run(
        IReadOnlyDictionary<string, ModelValue> inputs, IReadOnlyCollection<string>? outputs = null, CancellationToken cancellationToken = default) =>
        RowTensors.Run(this, inputs, outputs);
}
