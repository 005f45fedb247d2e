namespace MlOps.Registry;

/// <summary>What the graph of an ONNX model says about itself, read without loading it.</summary>
public sealed record OnnxModel
{
    /// <summary>The inputs that a caller gives (initializers excluded) and the outputs.</summary>
    public required ModelSignature Signature { get; init; }

    /// <summary>The version of the ONNX file format.</summary>
    public required long IrVersion { get; init; }

    /// <summary>Operator sets by domain; the empty domain is ONNX's own.</summary>
    public required IReadOnlyDictionary<string, long> Opsets { get; init; }

    /// <summary>The program that wrote the file.</summary>
    public required string Producer { get; init; }

    /// <summary>The graph's name.</summary>
    public required string GraphName { get; init; }

    /// <summary>Nodes of the outermost graph.</summary>
    public required int Nodes { get; init; }

    /// <summary>Initializers (weights) of the outermost graph.</summary>
    public required int Initializers { get; init; }

    /// <summary>Whether the bytes of a tensor, wherever in the model, lie in another file; such a model cannot be stored as one blob.</summary>
    public required bool HasExternalData { get; init; }
}
