namespace MlOps.Serving;

/// <summary>The input and output memory of one batch, bound to its model. Not thread-safe.</summary>
public interface IBatchBuffer : IDisposable
{
    /// <summary>The most rows.</summary>
    int MaximumRows { get; }

    /// <summary>The input rows, row-major.</summary>
    Memory<float> Input { get; }

    /// <summary>The output rows, row-major.</summary>
    ReadOnlyMemory<float> Output { get; }

    /// <summary>Computes the first rows. Blocks; allocates nothing once a size has been used.</summary>
    /// <param name="rows">How many, 1 to <see cref="MaximumRows"/>.</param>
    void Run(int rows);

    /// <summary>Asks a run of this buffer that another thread has begun to end early. The run then throws, or ends as if nothing had been asked.</summary>
    /// <returns>Whether the runtime can do that.</returns>
    bool TryAbort() => false;
}
