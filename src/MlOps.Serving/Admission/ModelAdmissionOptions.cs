namespace MlOps.Serving;

/// <summary>What a model file may contain before ONNX Runtime is given it, and how it is tried first.</summary>
public sealed record ModelAdmissionOptions
{
    /// <summary>The largest file in bytes.</summary>
    /// <value>Default: 1 GiB.</value>
    public long MaximumBytes { get; init; } = 1L << 30;

    /// <summary>The most nodes, those of subgraphs included, and those of functions once for each call.</summary>
    /// <value>Default: 50,000. ONNX Runtime takes up to 70 times a node's bytes in memory.</value>
    public int MaximumNodes { get; init; } = 50_000;

    /// <summary>The most tensors stored in the file, those in attributes included.</summary>
    /// <value>Default: 50,000.</value>
    public int MaximumTensors { get; init; } = 50_000;

    /// <summary>The most names, attributes, text values, dimensions and other small entries together.</summary>
    /// <value>Default: 1,000,000.</value>
    public int MaximumEntries { get; init; } = 1_000_000;

    /// <summary>
    /// The largest size in bytes that the shape of a stored or declared tensor may imply (symbolic dimensions count as 1), and that all
    /// constants together may ask for which give the shapes and counts of Expand, Range, Tile, Pad, ConstantOfShape, Resize and their kind.
    /// </summary>
    /// <value>Default: 1 GiB.</value>
    public long MaximumTensorBytes { get; init; } = 1L << 30;

    /// <summary>How deep graphs may be nested, and functions call each other.</summary>
    /// <value>Default: 16.</value>
    public int MaximumDepth { get; init; } = 16;

    /// <summary>The most turns that a Loop may make by its constant trip count; loops within loops multiply.</summary>
    /// <value>Default: 100,000.</value>
    public long MaximumTrips { get; init; } = 100_000;

    /// <summary>Whether models may contain Loop nodes whose trip count is neither a constant nor the length of a tensor, so that their running time has no bound, or is above <see cref="MaximumTrips"/>.</summary>
    /// <value>Default: false.</value>
    public bool AllowLoops { get; init; }

    /// <summary>Whether a model whose bounds are not proven is loaded and run once in a child process before this process loads it.</summary>
    /// <value>Default: <see cref="ModelTrial.WhenPossible"/>.</value>
    public ModelTrial Trial { get; init; } = ModelTrial.WhenPossible;

    /// <summary>Memory in bytes that a trial may take beside three times the file's size.</summary>
    /// <value>Default: 1 GiB.</value>
    public long TrialMemoryBytes { get; init; } = 1L << 30;

    /// <summary>
    /// Processor time that a trial may take beside a second for each 50 MB of the file. It ends in any case when 1.6 times
    /// as much has passed on the clock.
    /// </summary>
    /// <value>Default: one second.</value>
    public TimeSpan TrialTime { get; init; } = TimeSpan.FromSeconds(1);
}
