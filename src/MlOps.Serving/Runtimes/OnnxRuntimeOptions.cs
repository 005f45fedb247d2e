using System.Collections.ObjectModel;

namespace MlOps.Serving;

/// <summary>
/// How ONNX Runtime sessions are made. The defaults suit an engine that runs several batches at once on a shared host: one thread a run, no
/// spinning, one session a model. On machines with several NUMA nodes give each instance the cores of one node by
/// <see cref="ThreadAffinities"/>: a session's weights are allocated on the node that loads it.
/// </summary>
public sealed record OnnxRuntimeOptions
{
    /// <summary>Threads that one run may use within an operator.</summary>
    /// <value>Default: 1. Parallelism comes from several batches at once; more threads pay for large convolutions and transformers only. 0 lets ONNX Runtime choose one per core.</value>
    public int IntraOpThreads { get; init; } = 1;

    /// <summary>Operators that may run at once when <see cref="ParallelExecution"/> is on.</summary>
    /// <value>Default: 1.</value>
    public int InterOpThreads { get; init; } = 1;

    /// <summary>Whether independent operators of one run run at once.</summary>
    /// <value>Default: false.</value>
    public bool ParallelExecution { get; init; }

    /// <summary>Whether idle worker threads spin.</summary>
    /// <value>Default: false. Spinning doubles the time of a batch on a shared host.</value>
    public bool AllowSpinning { get; init; }

    /// <summary>Whether denormal numbers count as zero.</summary>
    /// <value>Default: false, as ONNX Runtime.</value>
    public bool DenormalAsZero { get; init; }

    /// <summary>Sessions of one model; batch buffers and calls take them in turn.</summary>
    /// <value>Default: 1. A session runs any number of batches at once on CPU; more pay on devices (one stream each) and on several NUMA nodes.</value>
    public int Instances { get; init; } = 1;

    /// <summary>
    /// The logical processors of each instance's worker threads, as ONNX Runtime writes them: one group per thread beside the calling one,
    /// groups parted by semicolons, processors by commas or as a range, counted from 1 (<c>"2;3;4"</c>, <c>"1-4"</c>). Instance i takes entry i modulo their number.
    /// </summary>
    /// <value>Default: none, threads move freely.</value>
    public IReadOnlyList<string> ThreadAffinities { get; init; } = [];

    /// <summary>How far the graph is optimised at load.</summary>
    /// <value>Default: <see cref="GraphOptimization.All"/>.</value>
    public GraphOptimization GraphOptimization { get; init; } = GraphOptimization.All;

    /// <summary>Whether runs take their memory from an arena, which keeps it for the next run.</summary>
    /// <value>Default: true.</value>
    public bool UseArena { get; init; } = true;

    /// <summary>Whether memory is planned once per input shape.</summary>
    /// <value>Default: true. Off saves memory when shapes vary without end.</value>
    public bool UseMemoryPattern { get; init; } = true;

    /// <summary>Whether only kernels are used that give the same bits in each run.</summary>
    /// <value>Default: false.</value>
    public bool Deterministic { get; init; }

    /// <summary>Whether all sessions of the process that say so share one pool of worker threads.</summary>
    /// <value>
    /// Default: false. The pool is made by the first session of the process and sized by its <see cref="IntraOpThreads"/> and
    /// <see cref="InterOpThreads"/>; ask for it in every environment or in none.
    /// </value>
    public bool UseGlobalThreadPool { get; init; }

    /// <summary>Whether all sessions of the process that say so share one arena on CPU.</summary>
    /// <value>Default: false. Saves memory with many models; they then contend for it.</value>
    public bool ShareAllocator { get; init; }

    /// <summary>Whether the instances of a model, and models with equal weights, hold large weights and their pre-packed forms once.</summary>
    /// <value>Default: true.</value>
    public bool ShareWeights { get; init; } = true;

    /// <summary>Where the optimised graphs are kept between starts; a model found there loads without optimising.</summary>
    /// <value>
    /// Default: null, nowhere. Files are named by the digest of the model, the version of ONNX Runtime and the settings; they fit this kind of
    /// processor only. The folder must be writable by nobody else: what lies there is loaded.
    /// </value>
    public string? OptimizedModelFolder { get; init; }

    /// <summary>Whether dimensions with the same symbol must be equal over the inputs of a request, and with the same fixed value in it.</summary>
    /// <value>Default: true. ONNX Runtime itself does not look.</value>
    public bool CheckSymbolicDimensions { get; init; } = true;

    /// <summary>The devices to try, in this order; the CPU comes last in any case unless <see cref="RequireDevice"/> says otherwise.</summary>
    /// <value>Default: none, which means the CPU.</value>
    public IReadOnlyList<DeviceOptions> Devices { get; init; } = [];

    /// <summary>Whether a model that none of <see cref="Devices"/> can hold is refused instead of loaded on the CPU.</summary>
    /// <value>Default: false.</value>
    public bool RequireDevice { get; init; }

    /// <summary>Further settings of the session by ONNX Runtime's own keys, for instance <c>session.intra_op.spin_duration_us</c>; they win over the ones above.</summary>
    /// <value>Default: none.</value>
    public IReadOnlyDictionary<string, string> SessionConfig { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Checks all fields.</summary>
    /// <exception cref="InvalidDefinitionException">Names every field that is wrong.</exception>
    public void Validate()
    {
        var wrong = Errors().ToArray();
        if (wrong.Length > 0)
            throw new InvalidDefinitionException($"The settings of ONNX Runtime are wrong: {string.Join("; ", wrong)}.");
    }

    private IEnumerable<string> Errors()
    {
        if (IntraOpThreads is < 0 or > 1024)
            yield return $"{nameof(IntraOpThreads)} is {IntraOpThreads}; 0 to 1024 are possible";
        if (InterOpThreads is < 0 or > 1024)
            yield return $"{nameof(InterOpThreads)} is {InterOpThreads}; 0 to 1024 are possible";
        if (Instances is < 1 or > 256)
            yield return $"{nameof(Instances)} is {Instances}; 1 to 256 are possible";
        if (!Enum.IsDefined(GraphOptimization))
            yield return $"{nameof(GraphOptimization)} is {GraphOptimization}; known are {string.Join(", ", Enum.GetNames<GraphOptimization>())}";
        foreach (var affinity in ThreadAffinities)
        {
            var groups = affinity?.Split(';') ?? [];
            if (groups.Length == 0 || groups.Any(group => group.Length == 0 || group.Any(c => !char.IsAsciiDigit(c) && c is not (',' or '-'))))
                yield return $"{nameof(ThreadAffinities)} holds '{affinity}'; write processors from 1 as in '2;3' or '1-4'";
            else if (IntraOpThreads > 0 && groups.Length != IntraOpThreads - 1)
                yield return $"{nameof(ThreadAffinities)} holds '{affinity}' of {groups.Length} groups; {nameof(IntraOpThreads)} {IntraOpThreads} needs {IntraOpThreads - 1}, one per thread beside the calling one";
        }

        if (UseGlobalThreadPool && ThreadAffinities.Count > 0)
            yield return $"{nameof(ThreadAffinities)} cannot be combined with {nameof(UseGlobalThreadPool)}";
        if (RequireDevice && Devices.Count == 0)
            yield return $"{nameof(RequireDevice)} is set, but {nameof(Devices)} is empty";
        foreach (var (key, value) in SessionConfig)
        {
            if (key.Length is 0 or > 1024 || value is null || value.Length > 2048)
                yield return $"{nameof(SessionConfig)} holds '{key}' = '{value}'; keys have 1 to 1,024 characters and values at most 2,048";
        }

        for (var i = 0; i < Devices.Count; i++)
        {
            foreach (var error in Devices[i].Errors())
                yield return $"{nameof(Devices)}[{i}].{error}";
        }
    }
}
