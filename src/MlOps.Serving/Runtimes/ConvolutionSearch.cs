namespace MlOps.Serving;

/// <summary>How cuDNN's convolution kernels are chosen.</summary>
public enum ConvolutionSearch
{
    /// <summary>By trying all of them at the first run of each shape: the fastest kernels, slow first runs.</summary>
    Exhaustive,

    /// <summary>By a rule.</summary>
    Heuristic,

    /// <summary>The default kernel.</summary>
    Default,
}
