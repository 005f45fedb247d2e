namespace MlOps.Serving;

/// <summary>
/// The input and output memory of one batch of tensors whose rows are all of one shape, bound to its model. The first dimension of every
/// tensor is the batch. Used by one thread at a time, except <see cref="TryAbort"/>.
/// </summary>
public interface ITensorBatchBuffer : IDisposable
{
    /// <summary>The most rows.</summary>
    int MaximumRows { get; }

    /// <summary>The rows of an input, as bytes in the byte order of the machine.</summary>
    /// <param name="index">The input's position in the layout that the buffer was made for.</param>
    /// <returns>Room for <see cref="MaximumRows"/> rows.</returns>
    Span<byte> Input(int index);

    /// <summary>Computes the first rows. Blocks.</summary>
    /// <param name="rows">How many, 1 to <see cref="MaximumRows"/>.</param>
    /// <exception cref="NotSupportedException">An output has not as many rows as the inputs: the model cannot be batched.</exception>
    void Run(int rows);

    /// <summary>The rows of an output after <see cref="Run"/>.</summary>
    /// <param name="index">The output's position among the model's outputs.</param>
    /// <returns>The rows computed, as bytes.</returns>
    ReadOnlySpan<byte> Output(int index);

    /// <summary>The dimensions of one row of an output after <see cref="Run"/>.</summary>
    /// <param name="index">The output's position among the model's outputs.</param>
    /// <returns>The dimensions after the first.</returns>
    ReadOnlySpan<int> OutputRow(int index);

    /// <summary>Asks a run of this buffer that another thread has begun to end early. The run then throws, or ends as if nothing had been asked.</summary>
    /// <returns>Whether the runtime can do that.</returns>
    bool TryAbort() => false;
}
