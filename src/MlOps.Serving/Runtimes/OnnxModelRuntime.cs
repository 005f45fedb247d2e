using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using MlOps.Registry;
using RunOptions = Microsoft.ML.OnnxRuntime.RunOptions;

namespace MlOps.Serving;

/// <summary>An ONNX Runtime session: tensors of any kind by name, and rows of floats where the model has them.</summary>
internal sealed partial class OnnxModelRuntime : IModelRuntime
{
    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new();

    private OnnxModelRuntime(InferenceSession session, long memoryBytes)
    {
        _session = session;
        MemoryBytes = memoryBytes;
        Inputs = [.. session.InputNames.Select(name => Describe(name, session.InputMetadata[name]))];
        Outputs = [.. session.OutputNames.Select(name => Describe(name, session.OutputMetadata[name]))];
        if (ChooseInput(session) is not { } input || ChooseOutput(session) is not { } output)
            return;
        HasRows = true;
        (InputName, FixedBatchSize, InputWidth) = input;
        (OutputName, OutputWidth) = output;
    }

    /// <inheritdoc />
    public IReadOnlyList<TensorSpec> Inputs { get; }

    /// <inheritdoc />
    public IReadOnlyList<TensorSpec> Outputs { get; }

    /// <inheritdoc />
    public bool HasRows { get; }

    /// <inheritdoc />
    public int InputWidth { get; }

    /// <inheritdoc />
    public int OutputWidth { get; }

    /// <inheritdoc />
    public int? FixedBatchSize { get; }

    /// <inheritdoc />
    public long MemoryBytes { get; }

    internal string InputName { get; } = "";

    internal string OutputName { get; } = "";

    internal InferenceSession Session => _session;

    /// <summary>Loads a model that <see cref="ModelAdmission"/> has let pass.</summary>
    /// <param name="model">The file's bytes.</param>
    /// <param name="options">How.</param>
    /// <param name="subject">The model's name for messages.</param>
    /// <returns>The loaded model.</returns>
    /// <exception cref="InvalidDefinitionException">ONNX Runtime refuses the model, or cannot be described.</exception>
    public static OnnxModelRuntime Load(byte[] model, OnnxRuntimeOptions options, string subject)
    {
        using var sessionOptions = new SessionOptions
        {
            IntraOpNumThreads = Math.Max(1, options.IntraOpThreads),
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        sessionOptions.AddSessionConfigEntry("session.intra_op.allow_spinning", options.AllowSpinning ? "1" : "0");
        sessionOptions.AddSessionConfigEntry("session.inter_op.allow_spinning", "0");
        if (options.DenormalAsZero)
            sessionOptions.AddSessionConfigEntry("session.set_denormal_as_zero", "1");
        InferenceSession session;
        try
        {
            session = new InferenceSession(model, sessionOptions);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidDefinitionException($"ONNX Runtime refuses the model of {subject}: {e.Message}", e);
        }

        try
        {
            return new OnnxModelRuntime(session, model.LongLength);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <inheritdoc />
    public IBatchBuffer CreateBuffer(int maximumRows) =>
        HasRows ? new OnnxBatchBuffer(this, _runOptions, maximumRows) : throw new NotSupportedException("The model does not map rows of floats to rows of floats.");

    /// <inheritdoc />
    public ITensorBatchBuffer? CreateTensorBuffer(IReadOnlyList<TensorRows> inputs, int maximumRows) => OnnxTensorBuffer.TryCreate(Session, inputs, maximumRows);

    /// <inheritdoc />
    public void Dispose()
    {
        _runOptions.Dispose();
        _session.Dispose();
    }

    private static (string Name, int? FixedBatch, int Width)? ChooseInput(InferenceSession session)
    {
        if (session.InputNames.Count != 1)
            return null;
        var name = session.InputNames[0];
        var metadata = session.InputMetadata[name];
        if (!IsFloat(metadata) || metadata.Dimensions.Length < 2 || metadata.Dimensions.AsSpan(1).ContainsAny(-1, 0))
            return null;
        var batch = metadata.Dimensions[0];
        return (name, batch > 0 ? batch : null, Product(metadata.Dimensions.AsSpan(1)));
    }

    // Classifiers give a label (int64) and probabilities (float): the float tensor is what counts.
    private static (string Name, int Width)? ChooseOutput(InferenceSession session)
    {
        foreach (var name in session.OutputNames)
        {
            var metadata = session.OutputMetadata[name];
            if (!IsFloat(metadata) || metadata.Dimensions.Length == 0)
                continue;
            if (metadata.Dimensions.Length == 1)
                return (name, 1);
            if (!metadata.Dimensions.AsSpan(1).ContainsAny(-1, 0))
                return (name, Product(metadata.Dimensions.AsSpan(1)));
        }

        return null;
    }

    private static bool IsFloat(NodeMetadata metadata) => metadata.IsTensor && metadata.ElementDataType == TensorElementType.Float;

    private static int Product(ReadOnlySpan<int> dimensions)
    {
        var product = 1L;
        foreach (var dimension in dimensions)
            product = checked(product * dimension);
        return checked((int)product);
    }

    private static TensorSpec Describe(string name, NodeMetadata metadata)
    {
        if (!metadata.IsTensor)
            return new TensorSpec(name, metadata.OnnxValueType.ToString().Replace("ONNX_TYPE_", "", StringComparison.Ordinal).ToLowerInvariant(), []);
        var shape = new string[metadata.Dimensions.Length];
        for (var i = 0; i < shape.Length; i++)
        {
            var symbol = i < metadata.SymbolicDimensions.Length ? metadata.SymbolicDimensions[i] : "";
            shape[i] = metadata.Dimensions[i] >= 0 ? metadata.Dimensions[i].ToString(CultureInfo.InvariantCulture) : symbol.Length > 0 ? symbol : "N";
        }

        return new TensorSpec(name, metadata.ElementDataType.ToString().ToLowerInvariant(), shape);
    }
}
