using System.Globalization;

namespace MlOps.Serving;

/// <summary>What a machine can do, measured where it says so. Nothing in it names a host or a person.</summary>
/// <param name="Processor">The processor's name.</param>
/// <param name="Isa">The widest vector instructions that .NET sees.</param>
/// <param name="Cores">Cores that this process may use.</param>
/// <param name="NumaNodes">Memory nodes.</param>
/// <param name="Caches">Cache sizes by level, as the system tells them.</param>
/// <param name="CopyBytesPerSecond">Measured: bytes read and written a second by one thread that copies more than the caches hold.</param>
/// <param name="GemmFlops">Measured: float operations a second of ONNX Runtime's matrix product on one thread.</param>
/// <param name="GemmFlopsAllCores">Measured: the same on all cores.</param>
/// <param name="Gpu">The GPU that ONNX Runtime may use; null for none.</param>
/// <param name="RuntimeVersion">ONNX Runtime's version.</param>
public sealed record MachineProfile(
    string Processor, string Isa, int Cores, int NumaNodes, string Caches, double CopyBytesPerSecond, double GemmFlops, double GemmFlopsAllCores, string? Gpu, string RuntimeVersion)
{
    /// <inheritdoc />
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Processor}, {Isa}, {Cores} cores, {NumaNodes} NUMA node(s), {Caches}; copy {CopyBytesPerSecond / 1e9:F1} GB/s, GEMM {GemmFlops / 1e9:F0} GFLOP/s on one thread, {GemmFlopsAllCores / 1e9:F0} on all; {(Gpu is null ? "no GPU" : Gpu)}; ONNX Runtime {RuntimeVersion}");
}
