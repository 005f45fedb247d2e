using MlOps.Registry;

namespace MlOps.Serving;

/// <summary>A model that is a C# function, over tensors or over rows.</summary>
internal sealed class ManagedModelRuntime : IModelRuntime
{
    private readonly TensorFunction? _tensors;
    private readonly RowFunction? _rows;
    private readonly string _name;

    private ManagedModelRuntime(string name, TensorFunction? tensors, RowFunction? rows, IReadOnlyList<TensorSpec> inputs, IReadOnlyList<TensorSpec> outputs) =>
        (_name, _tensors, _rows, Inputs, Outputs) = (name, tensors, rows, inputs, outputs);

    public IReadOnlyList<TensorSpec> Inputs { get; }

    public IReadOnlyList<TensorSpec> Outputs { get; }

    public bool HasRows => _rows is not null;

    public int InputWidth { get; private init; }

    public int OutputWidth { get; private init; }

    public int? FixedBatchSize => null;

    public long MemoryBytes => 0;

    public static ManagedModelRuntime OfTensors(string name, IReadOnlyList<TensorSpec> inputs, IReadOnlyList<TensorSpec> outputs, TensorFunction function) =>
        new(name, function, null, inputs, outputs);

    public static ManagedModelRuntime OfRows(string name, int inputWidth, int outputWidth, RowFunction function) => new(
        name, null, function, [new TensorSpec("input", "float", ["N", Text(inputWidth)])], [new TensorSpec("output", "float", ["N", Text(outputWidth)])])
    {
        InputWidth = inputWidth, OutputWidth = outputWidth,
    };

    public IBatchBuffer CreateBuffer(int maximumRows) => _rows is not null
        ? new Buffer(this, maximumRows)
        : throw new NotSupportedException($"Function '{_name}' does not map rows of floats to rows of floats.");

    public IReadOnlyDictionary<string, ModelValue> Run(
        IReadOnlyDictionary<string, ModelValue> inputs, IReadOnlyCollection<string>? outputs = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        if (_tensors is null)
            return RowTensors.Run(this, inputs, outputs);
        foreach (var input in Inputs)
        {
            if (!inputs.TryGetValue(input.Name, out var value) || !SpecCheck.Fits(input, value))
                throw new InvalidInputException($"Input '{input.Name}' of function '{_name}' is to be {input.ElementType}[{string.Join(", ", input.Shape)}]; {OnnxSignature.Show(value)} was given.");
        }

        foreach (var name in inputs.Keys)
        {
            if (!Inputs.Any(input => input.Name == name))
                throw new InvalidInputException($"Function '{_name}' has no input '{name}'. {NearestNames.Describe(name, Inputs.Select(input => input.Name))}");
        }

        foreach (var name in outputs ?? [])
        {
            if (!Outputs.Any(output => output.Name == name))
                throw new InvalidInputException($"Function '{_name}' has no output '{name}'. {NearestNames.Describe(name, Outputs.Select(output => output.Name))}");
        }

        var given = _tensors(inputs, cancellationToken);
        var results = new Dictionary<string, ModelValue>(StringComparer.Ordinal);
        foreach (var output in Outputs)
        {
            if (outputs is not null && !outputs.Contains(output.Name))
                continue;
            if (given?.TryGetValue(output.Name, out var value) != true || value is null)
                throw new InvalidDefinitionException($"Function '{_name}' gave no '{output.Name}'.");
            results.Add(output.Name, value);
        }

        return results;
    }

    public void Dispose()
    {
    }

    private static string Text(int width) => width.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private sealed class Buffer : IBatchBuffer
    {
        private readonly ManagedModelRuntime _model;
        private readonly float[] _input;
        private readonly float[] _output;

        public Buffer(ManagedModelRuntime model, int maximumRows)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(maximumRows, 1);
            (_model, MaximumRows) = (model, maximumRows);
            _input = new float[checked(maximumRows * model.InputWidth)];
            _output = new float[checked(maximumRows * model.OutputWidth)];
        }

        public int MaximumRows { get; }

        public Memory<float> Input => _input;

        public ReadOnlyMemory<float> Output => _output;

        public void Run(int rows) => _model._rows!(_input.AsSpan(0, rows * _model.InputWidth), _output.AsSpan(0, rows * _model.OutputWidth), rows);

        public void Dispose()
        {
        }
    }
}
