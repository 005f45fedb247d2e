namespace MlOps.Serving;

/// <summary>How far ONNX Runtime rewrites a graph at load.</summary>
public enum GraphOptimization
{
    /// <summary>Not at all.</summary>
    None = 0,

    /// <summary>Constant folding and removal of redundant nodes.</summary>
    Basic = 1,

    /// <summary>Fusions that depend on the device, too.</summary>
    Extended = 2,

    /// <summary>Changes of data layout, too.</summary>
    All = 99,
}
