using System.Diagnostics;
using System.Globalization;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Microsoft.ML.OnnxRuntime;

namespace MlOps.Serving;

/// <summary>Measures what a machine can do: a matrix product by ONNX Runtime, and a copy of more than the caches hold.</summary>
internal static class MachineCalibration
{
    private const int Size = 1024;
    private const int CopyBytes = 96 << 20;
    private const int Repetitions = 5;
    private static readonly TimeSpan Burst = TimeSpan.FromMilliseconds(60);

    public static MachineProfile Measure() => new(
        Processor(), Isa(), Environment.ProcessorCount, NumaNodes(), Caches(), Copy(), Gemm(1), Gemm(Environment.ProcessorCount), Gpu(), OrtEnv.Instance().GetVersionString());

    // The best of several: disturbances only ever make it slower.
    private static double Gemm(int threads)
    {
        var options = new OnnxRuntimeOptions { IntraOpThreads = threads };
        using var runtime = FlatOnnxRuntime.Load(Product(), options, new Dictionary<string, int>(), new Dictionary<string, double>(), "calibration");
        using var buffer = runtime.CreateBuffer(Size);
        var random = new Random(1);
        foreach (ref var value in buffer.Input.Span)
            value = (float)random.NextDouble();
        buffer.Run(Size);
        var best = 0.0;
        for (var i = 0; i < Repetitions; i++)
        {
            var (begin, runs) = (Stopwatch.GetTimestamp(), 0);
            do
            {
                buffer.Run(Size);
                runs++;
            }
            while (Stopwatch.GetElapsedTime(begin) < Burst);
            best = Math.Max(best, 2.0 * Size * Size * Size * runs / Stopwatch.GetElapsedTime(begin).TotalSeconds);
        }

        return best;
    }

    private static double Copy()
    {
        var (from, to) = (new byte[CopyBytes], new byte[CopyBytes]);
        from.AsSpan().Fill(1);
        from.CopyTo(to, 0);
        var best = 0.0;
        for (var i = 0; i < Repetitions; i++)
        {
            var begin = Stopwatch.GetTimestamp();
            from.AsSpan().CopyTo(to);
            best = Math.Max(best, 2.0 * CopyBytes / Stopwatch.GetElapsedTime(begin).TotalSeconds);
        }

        return best;
    }

    // A model of one node: float[N, 1024] times a constant [1024, 1024].
    private static byte[] Product()
    {
        var random = new Random(2);
        var weights = new float[Size * Size];
        foreach (ref var weight in weights.AsSpan())
            weight = (float)random.NextDouble() - 0.5f;
        return OnnxProduct.Model(weights, Size, Size);
    }

    private static string Processor()
    {
        const string file = "/proc/cpuinfo";
        var line = File.Exists(file) ? File.ReadLines(file).FirstOrDefault(text => text.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line?.Split(':', 2)[1].Trim() ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? "unknown processor";
    }

    private static string Isa() =>
        Vector512.IsHardwareAccelerated && Avx512F.IsSupported ? "AVX-512"
        : Avx2.IsSupported ? "AVX2"
        : AdvSimd.IsSupported ? "NEON"
        : $"{Vector128.IsHardwareAccelerated} 128-bit vectors";

    private static int NumaNodes()
    {
        const string folder = "/sys/devices/system/node";
        return Directory.Exists(folder) ? Math.Max(1, Directory.GetDirectories(folder, "node*").Length) : 1;
    }

    private static string Caches()
    {
        const string folder = "/sys/devices/system/cpu/cpu0/cache";
        if (!Directory.Exists(folder))
            return "caches unknown";
        var levels = Directory.GetDirectories(folder, "index*").Order(StringComparer.Ordinal)
            .Where(index => Read(index, "type") != "Instruction")
            .Select(index => $"L{Read(index, "level")} {Read(index, "size")}").ToArray();
        return levels.Length == 0 ? "caches unknown" : string.Join(", ", levels);
    }

    private static string Read(string folder, string file)
    {
        var path = Path.Combine(folder, file);
        return File.Exists(path) ? File.ReadAllText(path).Trim() : "?";
    }

    private static string? Gpu()
    {
        const string folder = "/proc/driver/nvidia/gpus";
        if (!OrtEnv.Instance().GetAvailableProviders().Contains("CUDAExecutionProvider") || !Directory.Exists(folder))
            return null;
        foreach (var gpu in Directory.GetDirectories(folder))
        {
            var information = Path.Combine(gpu, "information");
            var model = File.Exists(information) ? File.ReadLines(information).FirstOrDefault(line => line.StartsWith("Model:", StringComparison.Ordinal)) : null;
            if (model is not null)
                return string.Create(CultureInfo.InvariantCulture, $"{model["Model:".Length..].Trim()}");
        }

        return null;
    }
}
