using System.Runtime.InteropServices;

namespace MlOps.Serving;

/// <summary>Copies between host and GPU by the CUDA runtime that ONNX Runtime's provider has loaded; ONNX Runtime's binding copies only when a value is bound.</summary>
internal static unsafe class CudaMemory
{
    private const int Default = 4;

    private static readonly Lazy<(nint Copy, nint Info)> Functions = new(Load);

    /// <summary>Whether the CUDA runtime is there.</summary>
    public static bool Available => Functions.Value.Copy != 0;

    /// <summary>Copies; the direction is told by the addresses.</summary>
    /// <exception cref="CudaException">CUDA failed.</exception>
    public static void Copy(nint to, nint from, long bytes)
    {
        var code = ((delegate* unmanaged[Cdecl]<nint, nint, nuint, int, int>)Functions.Value.Copy)(to, from, (nuint)bytes, Default);
        if (code != 0)
            throw new CudaException(code);
    }

    /// <summary>Free and total bytes of the current GPU; zeros without one.</summary>
    public static (long Free, long Total) Info()
    {
        nuint free = 0, total = 0;
        if (Functions.Value.Info == 0 || ((delegate* unmanaged[Cdecl]<nuint*, nuint*, int>)Functions.Value.Info)(&free, &total) != 0)
            return default;
        return ((long)free, (long)total);
    }

    private static (nint Copy, nint Info) Load()
    {
        string[] names = OperatingSystem.IsWindows() ? ["cudart64_13.dll"] : ["libcudart.so.13"];
        foreach (var name in names)
        {
            if (NativeLibrary.TryLoad(name, out var library) && NativeLibrary.TryGetExport(library, "cudaMemcpy", out var copy) && NativeLibrary.TryGetExport(library, "cudaMemGetInfo", out var info))
                return (copy, info);
        }

        return default;
    }

    /// <summary>A call of the CUDA runtime failed.</summary>
    internal sealed class CudaException(int code) : Exception($"CUDA failure {code}.");
}
