namespace MlOps.Serving;

/// <summary>What a model file may contain before ONNX Runtime is given it.</summary>
public sealed record ModelAdmissionOptions
{
    /// <summary>The largest file in bytes.</summary>
    /// <value>Default: 1 GiB.</value>
    public long MaximumBytes { get; init; } = 1L << 30;

    /// <summary>The most nodes, those of subgraphs and functions included.</summary>
    /// <value>Default: 50,000. ONNX Runtime takes up to 70 times a node's bytes in memory.</value>
    public int MaximumNodes { get; init; } = 50_000;

    /// <summary>The most tensors stored in the file, those in attributes included.</summary>
    /// <value>Default: 50,000.</value>
    public int MaximumTensors { get; init; } = 50_000;

    /// <summary>The largest size in bytes that the shape of a stored or declared tensor may imply; symbolic dimensions count as 1.</summary>
    /// <value>Default: 1 GiB.</value>
    public long MaximumTensorBytes { get; init; } = 1L << 30;

    /// <summary>How deep graphs may be nested.</summary>
    /// <value>Default: 16.</value>
    public int MaximumDepth { get; init; } = 16;

    /// <summary>Whether models may contain Loop and Scan nodes, whose running time is not bounded by their size.</summary>
    /// <value>Default: false.</value>
    public bool AllowLoops { get; init; }

    /// <summary>
    /// The largest number that a small integer constant may hold, since such constants give the shapes and counts of
    /// Expand, Range, Tile, Pad and ConstantOfShape; the product of one constant's entries is held to <see cref="MaximumTensorBytes"/> as well.
    /// </summary>
    /// <value>Default: 16,777,216. 2^63 - 1, ONNX's mark for "to the end", passes.</value>
    public long MaximumShapeConstant { get; init; } = 1 << 24;
}
