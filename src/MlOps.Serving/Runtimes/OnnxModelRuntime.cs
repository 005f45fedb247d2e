using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using MlOps.Registry;
using RunOptions = Microsoft.ML.OnnxRuntime.RunOptions;

namespace MlOps.Serving;

/// <summary>
/// ONNX Runtime sessions of one model: tensors of any kind by name, and rows of numbers where the model has them. Several instances are
/// used in turn; when the device is lost, the model goes on on the CPU.
/// </summary>
internal sealed partial class OnnxModelRuntime : IModelRuntime
{
    private readonly OnnxSessionSource _source;
    private readonly string _subject;
    private readonly ILogger? _logger;
    private readonly Action<string, string>? _onFallBack;
    private readonly OnnxSignature _signature;
    private readonly RunOptions _runOptions = new();
    private readonly Lock _gate = new();
    private readonly List<OnnxSession> _retired = [];
    private volatile SessionSet _set;
    private uint _turn;
    private bool _disposed;

    private OnnxModelRuntime(OnnxSessionSource source, SessionSet set, OnnxRuntimeOptions options, long memoryBytes, string subject, ILogger? logger, Action<string, string>? onFallBack)
    {
        (_source, _set, _subject, _logger, _onFallBack) = (source, set, subject, logger, onFallBack);
        MemoryBytes = memoryBytes;
        var session = set.Sessions[0].Inner;
        _signature = new OnnxSignature(session, subject, options.CheckSymbolicDimensions);
        if (ChooseInput(session) is not { } input || ChooseOutput(session, input.FixedBatch) is not { } output)
            return;
        HasRows = true;
        (InputName, FixedBatchSize, InputWidth, InputType) = input;
        (OutputName, OutputWidth, OutputType) = output;
    }

    /// <inheritdoc />
    public IReadOnlyList<TensorSpec> Inputs => _signature.Inputs;

    /// <inheritdoc />
    public IReadOnlyList<TensorSpec> Outputs => _signature.Outputs;

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

    /// <inheritdoc />
    public string Device => _set.Sessions[0].Device.ToString();

    /// <inheritdoc />
    public string? DeviceReason => _set.Reason;

    internal string InputName { get; } = "";

    internal TensorType InputType { get; }

    internal string OutputName { get; } = "";

    internal TensorType OutputType { get; }

    internal InferenceSession Session => _set.Sessions[0].Inner;

    internal int Instances => _set.Sessions.Length;

    /// <summary>Loads a model that <see cref="ModelAdmission"/> has let pass.</summary>
    /// <param name="model">The file's bytes.</param>
    /// <param name="options">How.</param>
    /// <param name="subject">The model's name for messages.</param>
    /// <param name="files">The file layer, for the folder of optimised models.</param>
    /// <param name="logger">Told of fall-backs.</param>
    /// <param name="onFallBack">Told of fall-backs: device and reason.</param>
    /// <returns>The loaded model.</returns>
    /// <exception cref="InvalidDefinitionException">ONNX Runtime refuses the model, or cannot be described, or the options are wrong.</exception>
    public static OnnxModelRuntime Load(
        byte[] model, OnnxRuntimeOptions options, string subject, IFileSystem? files = null, ILogger? logger = null, Action<string, string>? onFallBack = null)
    {
        options.Validate();
        return Load(new OnnxSessionSource(model, options, subject, files), options, model.LongLength, subject, logger, onFallBack);
    }

    /// <summary>Loads what a source makes.</summary>
    internal static OnnxModelRuntime Load(
        OnnxSessionSource source, OnnxRuntimeOptions options, long memoryBytes, string subject, ILogger? logger = null, Action<string, string>? onFallBack = null)
    {
        var sessions = source.Open(out var reason);
        try
        {
            var runtime = new OnnxModelRuntime(source, new SessionSet(sessions, reason), options, memoryBytes, subject, logger, onFallBack);
            if (reason is not null)
                runtime.Report(string.Join(", ", options.Devices), reason);
            return runtime;
        }
        catch
        {
            foreach (var session in sessions)
                session.Dispose();
            throw;
        }
    }

    /// <inheritdoc />
    public IBatchBuffer CreateBuffer(int maximumRows)
    {
        if (!HasRows)
            throw new NotSupportedException("The model does not map rows of floats to rows of floats.");
        var session = Next();
        return DeviceBatchBuffer.TryCreate(this, session, maximumRows) ?? (IBatchBuffer)new OnnxBatchBuffer(this, session, maximumRows);
    }

    /// <inheritdoc />
    public ITensorBatchBuffer? CreateTensorBuffer(IReadOnlyList<TensorRows> inputs, int maximumRows) => OnnxTensorBuffer.TryCreate(this, inputs, maximumRows);

    /// <inheritdoc />
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
        }

        foreach (var session in _set.Sessions)
            session.Dispose();
        foreach (var session in _retired)
            session.Dispose();
        _runOptions.Dispose();
    }

    /// <summary>The session whose turn it is.</summary>
    internal OnnxSession Next()
    {
        var sessions = _set.Sessions;
        return sessions.Length == 1 ? sessions[0] : sessions[Interlocked.Increment(ref _turn) % (uint)sessions.Length];
    }

    /// <summary>After a failure of a device: goes over to the CPU, once for all who saw it.</summary>
    /// <returns>Whether the work should be tried again, on <see cref="Next"/>.</returns>
    internal bool FallBack(OnnxSession failed, Exception failure)
    {
        if (!failed.OnDevice || !IsDeviceFailure(failure))
            return false;
        lock (_gate)
        {
            if (_disposed)
                return false;
            if (Array.IndexOf(_set.Sessions, failed) < 0)
                return true;
            var reason = $"{failed.Device} failed while running: {failure.Message.Trim()}";

            // Runs and bindings of the lost device may still hold the old sessions: they go with the runtime.
            _retired.AddRange(_set.Sessions);
            _set = new SessionSet(_source.OpenOnCpu(), reason);
            Report(failed.Device.ToString(), reason);
            return true;
        }
    }

    // Bad input and the caller's own cancellation are no reason to leave a device.
    private static bool IsDeviceFailure(Exception failure) => failure is OnnxRuntimeException or CudaMemory.CudaException &&
        (failure.Message.Contains("CUDA", StringComparison.OrdinalIgnoreCase) || failure.Message.Contains("CUDNN", StringComparison.OrdinalIgnoreCase) ||
            failure.Message.Contains("CUBLAS", StringComparison.OrdinalIgnoreCase) || failure.Message.Contains("TensorRT", StringComparison.OrdinalIgnoreCase)) &&
        !failure.Message.Contains("INVALID_ARGUMENT", StringComparison.OrdinalIgnoreCase);

    private static (string Name, int? FixedBatch, int Width, TensorType Type)? ChooseInput(InferenceSession session)
    {
        if (session.InputNames.Count != 1)
            return null;
        var name = session.InputNames[0];
        var metadata = session.InputMetadata[name];
        if (!IsNumber(metadata) || metadata.Dimensions.Length < 2 || metadata.Dimensions.AsSpan(1).ContainsAny(-1, 0))
            return null;
        var batch = metadata.Dimensions[0];
        return (name, batch > 0 ? batch : null, Product(metadata.Dimensions.AsSpan(1)), (TensorType)metadata.ElementDataType);
    }

    // Classifiers give a label (int64) and probabilities (float): the tensor of fractions with a row per input row is what counts.
    private static (string Name, int Width, TensorType Type)? ChooseOutput(InferenceSession session, int? batch)
    {
        foreach (var name in session.OutputNames)
        {
            var metadata = session.OutputMetadata[name];
            if (!IsNumber(metadata) || metadata.Dimensions.Length == 0 || (metadata.Dimensions[0] >= 0 && metadata.Dimensions[0] != batch))
                continue;
            if (metadata.Dimensions.Length == 1)
                return (name, 1, (TensorType)metadata.ElementDataType);
            if (!metadata.Dimensions.AsSpan(1).ContainsAny(-1, 0))
                return (name, Product(metadata.Dimensions.AsSpan(1)), (TensorType)metadata.ElementDataType);
        }

        return null;
    }

    private static bool IsNumber(NodeMetadata metadata) =>
        metadata.IsTensor && metadata.ElementDataType is TensorElementType.Float or TensorElementType.Double or TensorElementType.Float16;

    private static int Product(ReadOnlySpan<int> dimensions)
    {
        var product = 1L;
        foreach (var dimension in dimensions)
            product = checked(product * dimension);
        return checked((int)product);
    }

    private void Report(string device, string reason)
    {
        if (_logger is not null)
            LogFallBack(_logger, _subject, Device, device, reason);
        _onFallBack?.Invoke(device, reason);
    }

    [LoggerMessage(4120, LogLevel.Warning, "{Model} runs on {Device} instead of {Wanted}: {Reason}")]
    private static partial void LogFallBack(ILogger logger, string model, string device, string wanted, string reason);

    private sealed record SessionSet(OnnxSession[] Sessions, string? Reason);
}
