using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using MlOps.Registry;
using RunOptions = Microsoft.ML.OnnxRuntime.RunOptions;

namespace MlOps.Serving;

/// <summary>
/// Any ONNX model as a function of flat float rows: its inputs lie one after the other in a row, whole numbers are converted, and the
/// first float output is the answer. So one tuner and one engine measure token models, images and tables alike.
/// </summary>
internal sealed class FlatOnnxRuntime : IModelRuntime
{
    private readonly RunOptions _runOptions = new();
    private readonly IDisposable _owner;
    private int _outputWidth;

    private FlatOnnxRuntime(InferenceSession session, IDisposable owner, long memoryBytes, FlatPart[] parts, int? fixedBatch, string subject)
    {
        Session = session;
        _owner = owner;
        Parts = parts;
        FixedBatchSize = fixedBatch;
        MemoryBytes = memoryBytes;
        InputWidth = parts.Sum(part => part.Width);
        Output = session.OutputNames.FirstOrDefault(name => session.OutputMetadata[name] is { IsTensor: true, ElementDataType: TensorElementType.Float })
            ?? throw new InvalidDefinitionException($"The model of {subject} has no float output.");
        Inputs = [.. parts.Select(part => new TensorSpec(part.Name, part.Type.ToString().ToLowerInvariant(), [.. part.Shape.Select((size, i) => i == part.BatchAxis ? "N" : size.ToString(CultureInfo.InvariantCulture))]))];
    }

    /// <inheritdoc />
    public IReadOnlyList<TensorSpec> Inputs { get; }

    /// <inheritdoc />
    public IReadOnlyList<TensorSpec> Outputs => [new TensorSpec(Output, "float", ["N", _outputWidth.ToString(CultureInfo.InvariantCulture)])];

    /// <inheritdoc />
    public int InputWidth { get; }

    /// <inheritdoc />
    public int OutputWidth => _outputWidth;

    /// <inheritdoc />
    public int? FixedBatchSize { get; }

    /// <inheritdoc />
    public long MemoryBytes { get; }

    internal InferenceSession Session { get; }

    internal FlatPart[] Parts { get; }

    internal string Output { get; }

    internal RunOptions RunOptions => _runOptions;

    /// <summary>Loads a model; the width of its answer is found by running one row.</summary>
    public static FlatOnnxRuntime Load(
        byte[] model, OnnxRuntimeOptions options, IReadOnlyDictionary<string, int> dimensions, IReadOnlyDictionary<string, double> constants, string subject)
    {
        // As models are opened that are served, so that all settings mean the same; buffers here share one session.
        var session = new OnnxSessionSource(model, options with { Instances = 1 }, subject).Open(out _)[0];
        return Load(model, session.Inner, session, dimensions, constants, subject);
    }

    public static FlatOnnxRuntime Load(
        byte[] model, SessionOptions sessionOptions, IReadOnlyDictionary<string, int> dimensions, IReadOnlyDictionary<string, double> constants, string subject)
    {
        InferenceSession session;
        try
        {
            OnnxEnvironment.DisableTelemetry();
            session = new InferenceSession(model, sessionOptions);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidDefinitionException($"ONNX Runtime refuses the model of {subject}: {e.Message}", e);
        }

        return Load(model, session, session, dimensions, constants, subject);
    }

    private static FlatOnnxRuntime Load(
        byte[] model, InferenceSession session, IDisposable owner, IReadOnlyDictionary<string, int> dimensions, IReadOnlyDictionary<string, double> constants, string subject)
    {
        try
        {
            var (parts, fixedBatch) = FlatPart.Of(session, dimensions, constants, subject);
            var runtime = new FlatOnnxRuntime(session, owner, model.LongLength, parts, fixedBatch, subject);
            runtime.FindOutputWidth(subject);
            return runtime;
        }
        catch (OnnxRuntimeException e)
        {
            owner.Dispose();
            throw new InvalidDefinitionException($"The model of {subject} cannot run a row of zeros and ones: {e.Message}", e);
        }
        catch
        {
            owner.Dispose();
            throw;
        }
    }

    /// <inheritdoc />
    public IBatchBuffer CreateBuffer(int maximumRows) => new FlatOnnxBuffer(this, maximumRows);

    /// <inheritdoc />
    public void Dispose()
    {
        _runOptions.Dispose();
        _owner.Dispose();
    }

    private void FindOutputWidth(string subject)
    {
        using var buffer = new FlatOnnxBuffer(this, 1);
        buffer.Input.Span.Fill(1);
        using var outputs = buffer.RunUnbound(FixedBatchSize ?? 1);
        var shape = outputs[0].GetTensorTypeAndShape();
        var rows = FixedBatchSize ?? 1;
        if (shape.ElementCount == 0 || shape.ElementCount % rows != 0)
            throw new InvalidDefinitionException($"Output '{Output}' of {subject} has {shape.ElementCount} elements for {rows} rows.");
        _outputWidth = checked((int)(shape.ElementCount / rows));
        OutputShape = [.. shape.Shape];
    }

    internal long[] OutputShape { get; private set; } = [];
}
