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
}
