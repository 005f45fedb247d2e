namespace MlOps.Serving;

/// <summary>What the rows of one input of a batch look like.</summary>
/// <param name="Name">The input.</param>
/// <param name="Type">Its element type; not text.</param>
/// <param name="Row">The dimensions after the first, which is the batch.</param>
public sealed record TensorRows(string Name, TensorType Type, IReadOnlyList<int> Row)
{
    /// <summary>The bytes of one row.</summary>
    public long RowBytes => Row.Aggregate((long)TensorValue.SizeOf(Type), (bytes, dimension) => bytes * dimension);
}
