namespace MlOps.Serving;

/// <summary>Batches as tensors that are put together and taken apart: for texts, for outputs that are sequences, and for runtimes without bound buffers.</summary>
internal sealed class StackedMemory(IModelRuntime runtime, TensorPlan plan, int[][] rowShapes, int paddedLength, int maximumRows, bool cancellable)
    : BatchMemory(plan, rowShapes, paddedLength, maximumRows)
{
    private readonly TensorValue[] _inputs = new TensorValue[plan.Inputs.Length];
    private ModelValue[] _outputs = [];
    private readonly CancellationTokenSource? _cancellation = cancellable ? new() : null;
    private int _rows;

    public override void Prepare(int rows)
    {
        if (rows == _rows)
            return;
        for (var i = 0; i < _inputs.Length; i++)
            _inputs[i] = TensorValue.Zeros(Plan.Inputs[i].Type!.Value, [rows, .. RowShapes[i]]);
        _rows = rows;
        Bytes = _inputs.Sum(input => (long)input.Length * Math.Max(input.ElementSize, 16));
    }

    public override void Run(int rows)
    {
        var names = Plan.Inputs;
        var inputs = new Dictionary<string, ModelValue>(names.Length, StringComparer.Ordinal);
        for (var i = 0; i < names.Length; i++)
            inputs.Add(names[i].Name, _inputs[i]);
        var results = runtime.Run(inputs, null, _cancellation?.Token ?? default);
        _outputs = [.. Plan.OutputNames.Select(name => results[name])];
        for (var i = 0; i < _outputs.Length; i++)
        {
            var count = _outputs[i] switch
            {
                TensorValue { Shape.Length: > 0 } tensor => tensor.Shape[0],
                SequenceValue sequence => sequence.Items.Count,
                _ => -1,
            };
            if (count != rows)
                throw new NotSupportedException($"Output '{Plan.OutputNames[i]}' has {count} rows for {rows}: the model cannot be batched.");
        }
    }

    public override void Abort() => _cancellation?.Cancel();

    public override void Dispose() => _cancellation?.Dispose();

    protected override Span<byte> Input(int index) => _inputs[index].Bytes;

    protected override ReadOnlySpan<byte> Output(int index) => ((TensorValue)_outputs[index]).Bytes;

    protected override ReadOnlySpan<int> OutputRow(int index) => ((TensorValue)_outputs[index]).Shape[1..];

    protected override void WriteTexts(int index, int row, TensorValue<string> texts) =>
        texts.Data.Span.CopyTo(((TensorValue<string>)_inputs[index]).Data.Span[(row * Product(RowShapes[index]))..]);

    protected override ModelValue ReadOther(int output, int row, int rows)
    {
        if (_outputs[output] is SequenceValue sequence)
            return new SequenceValue([.. sequence.Items.Skip(row).Take(rows)]);
        var texts = (TensorValue<string>)_outputs[output];
        var width = Product(texts.Shape[1..]);
        return TensorValue.Create(texts.Data.Slice(row * width, rows * width).ToArray(), [rows, .. texts.Shape[1..]]);
    }
}
