namespace MlOps.Serving;

/// <summary>What to tune, and for what.</summary>
public sealed record ModelTuningRequest
{
    /// <summary>What the settings are for: the endpoint's name in the settings that are written.</summary>
    public required string Name { get; init; }

    /// <summary>An ONNX file's bytes; or give <see cref="Version"/>.</summary>
    public ReadOnlyMemory<byte> Model { get; init; }

    /// <summary>A registered version, whose model and stored example are taken; or give <see cref="Model"/>.</summary>
    public ModelVersionRef? Version { get; init; }

    /// <summary>
    /// Representative rows, all inputs of the model one after the other. Many and varied: on a few repeated rows models look faster
    /// than they are.
    /// </summary>
    /// <value>Default: empty, rows are generated.</value>
    public IReadOnlyList<float[]> Rows { get; init; } = [];

    /// <summary>Sizes of dimensions that the model leaves open, by symbol or by <c>input:axis</c>.</summary>
    /// <value>Default: empty; a model with open dimensions beside the batch is refused with their names.</value>
    public IReadOnlyDictionary<string, int> Dimensions { get; init; } = new Dictionary<string, int>();

    /// <summary>Values of inputs that are no rows, such as a sampling rate, by input.</summary>
    /// <value>Default: empty.</value>
    public IReadOnlyDictionary<string, double> Constants { get; init; } = new Dictionary<string, double>();

    /// <summary>Generated whole numbers, such as tokens, lie below this.</summary>
    /// <value>Default: 1,000.</value>
    public int IntegerLimit { get; init; } = 1000;

    /// <summary>What to look for.</summary>
    /// <value>Default: <see cref="TuningGoal.Balanced"/>.</value>
    public TuningGoal Goal { get; init; }

    /// <summary>The latency that 99 % of requests shall keep.</summary>
    /// <value>Default: null, none.</value>
    public TimeSpan? TargetLatency { get; init; }

    /// <summary>Rows a second that will be asked for; then delays are weighed by simulation.</summary>
    /// <value>Default: null, as many as can be.</value>
    public double? TargetRate { get; init; }

    /// <summary>The largest batch to try.</summary>
    /// <value>Default: 256.</value>
    public int MaximumBatchSize { get; init; } = 256;

    /// <summary>How long the tuning may take.</summary>
    /// <value>Default: 15 seconds.</value>
    public TimeSpan Budget { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>For the generated rows.</summary>
    /// <value>Default: 1.</value>
    public int Seed { get; init; } = 1;
}
