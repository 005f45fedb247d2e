namespace MlOps.Serving;

/// <summary>The main graph of a small model: what a proof of its bounds needs.</summary>
internal sealed class OnnxOutline
{
    private const int MostNodes = 512;

    public List<OutlineNode> Nodes { get; } = [];

    public Dictionary<string, OutlineTensor> Initializers { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, OutlineTensor?> Inputs { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, OutlineTensor?> Outputs { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, ulong> OperatorSets { get; } = new(StringComparer.Ordinal);

    public ulong IrVersion { get; set; }

    /// <summary>Whether the graph is small enough to be looked at closely.</summary>
    public bool IsSmall { get; private set; } = true;

    /// <summary>Two things of one name prove nothing.</summary>
    public void Add<T>(Dictionary<string, T> into, string name, T tensor) => IsSmall &= into.TryAdd(name, tensor);

    public void Add(int depth, OutlineNode node)
    {
        IsSmall &= depth == 1 && Nodes.Count < MostNodes;
        if (IsSmall)
            Nodes.Add(node);
    }
}

/// <summary>A tensor's type (TensorProto.DataType) and shape; -1 is a dimension that each run decides.</summary>
internal sealed record OutlineTensor(int Type, long[] Shape);
