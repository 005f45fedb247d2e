namespace MlOps.Serving;

/// <summary>Batches in memory that is bound to the model.</summary>
internal sealed class BoundMemory : BatchMemory
{
    private readonly ITensorBatchBuffer _buffer;

    public BoundMemory(ITensorBatchBuffer buffer, TensorPlan plan, int[][] rowShapes, int paddedLength)
        : base(plan, rowShapes, paddedLength, buffer.MaximumRows)
    {
        _buffer = buffer;
        for (var i = 0; i < rowShapes.Length; i++)
            Bytes += buffer.Input(i).Length;
    }

    public override void Prepare(int rows)
    {
    }

    public override void Run(int rows) => _buffer.Run(rows);

    public override void Abort() => _buffer.TryAbort();

    public override void Dispose() => _buffer.Dispose();

    protected override Span<byte> Input(int index) => _buffer.Input(index);

    protected override ReadOnlySpan<byte> Output(int index) => _buffer.Output(index);

    protected override ReadOnlySpan<int> OutputRow(int index) => _buffer.OutputRow(index);

    protected override void WriteTexts(int index, int row, TensorValue<string> texts) => throw new NotSupportedException("Texts cannot be bound.");

    protected override ModelValue ReadOther(int output, int row, int rows) => throw new NotSupportedException("Only tensors can be bound.");
}
