using System.Globalization;
using System.Runtime;
using System.Runtime.InteropServices;

namespace MlOps.Benchmarks.Claims;

/// <summary>What a measurement depends on and a reader wants to know; nothing that identifies a person or a host.</summary>
public sealed record MachineFingerprint(string Processor, int Cores, long MemoryBytes, string System, string Runtime)
{
    public static MachineFingerprint Read() => new(
        ReadProcessor(),
        Environment.ProcessorCount,
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        $"{RuntimeInformation.OSDescription} {RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}",
        $"{RuntimeInformation.FrameworkDescription}, {(GCSettings.IsServerGC ? "server" : "workstation")} GC");

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Processor}, {Cores} cores, {MemoryBytes / (double)(1L << 30):F0} GiB, {System}, {Runtime}");

    private static string ReadProcessor()
    {
        const string file = "/proc/cpuinfo";
        string? line = File.Exists(file)
            ? File.ReadLines(file).FirstOrDefault(text => text.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line?.Split(':', 2)[1].Trim() ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? "unknown processor";
    }
}
