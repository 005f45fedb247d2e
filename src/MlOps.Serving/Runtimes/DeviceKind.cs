namespace MlOps.Serving;

/// <summary>What a model runs on.</summary>
public enum DeviceKind
{
    /// <summary>The processor.</summary>
    Cpu,

    /// <summary>An NVIDIA GPU by ONNX Runtime's CUDA provider; needs its native packages, CUDA 13 and cuDNN 9.</summary>
    Cuda,

    /// <summary>An NVIDIA GPU by TensorRT, what it cannot run by CUDA.</summary>
    TensorRt,
}
