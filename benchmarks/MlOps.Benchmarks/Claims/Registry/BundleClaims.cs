using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using MlOps.Benchmarks.Claims.Support;
using MlOps.Registry;

namespace MlOps.Benchmarks.Claims.Registry;

/// <summary>Bundles of one large artifact between two environments on the same disk.</summary>
internal static class BundleClaims
{
    private const int Megabytes = 512;
    private const double Bound = 32;

    public static IEnumerable<IClaim> All =>
    [
        new Claim(
            "registry.bundle-memory",
            "memory allocated while a version of 512 MiB is exported as a tar file and imported into another environment; beside it the times, and that of copying and hashing the same bytes",
            "at most 32 MB",
            MemoryAsync),
    ];

    private static async Task<ClaimResult> MemoryAsync(ClaimContext context, CancellationToken stop)
    {
        await using var source = new ClaimHost(Path.Combine(context.Folder, "source"));
        await using var target = new ClaimHost(Path.Combine(context.Folder, "target"));
        string file = Path.Combine(context.Folder, "weights");
        await WriteAsync(file, context.Seed, stop);
        var version = await RegisterAsync(source.Environment, file, stop);
        double copied = await TimeAsync(() => Task.Run(() => CopyAndHash(file, file + ".copy"), stop));

        string tar = Path.Combine(context.Folder, "bundle.tar");
        long before = GC.GetTotalAllocatedBytes(precise: true);
        double exported = await TimeAsync(async () =>
        {
            await using var output = File.Create(tar);
            await source.Environment.Bundles.ExportTarAsync(version.Ref, output, cancellationToken: stop);
        });
        double imported = await TimeAsync(async () =>
        {
            await using var input = File.OpenRead(tar);
            await target.Environment.Bundles.ImportTarAsync(input, cancellationToken: stop);
        });
        double megabytes = (GC.GetTotalAllocatedBytes(precise: true) - before) / 1e6;
        return ClaimResult.AtMost(
            megabytes, Bound, string.Create(CultureInfo.InvariantCulture, $"{megabytes:F1} MB"),
            new ClaimDetail($"A version of {Megabytes} MiB", ["what", "time"],
            [
                ["copy + SHA-256", Seconds(copied)],
                ["export as a tar file", Seconds(exported)],
                ["import, durable", Seconds(imported)],
            ]));
    }

    private static async Task<ModelVersion> RegisterAsync(IMlOpsEnvironment environment, string file, CancellationToken stop)
    {
        await using var input = File.OpenRead(file);
        var stored = await environment.Context.Artifacts.PutAsync(input, "application/octet-stream", stop);
        return await environment.Models.RegisterAsync(
            new ModelVersionDraft { Model = "large", Artifacts = [new ModelArtifact(ModelArtifactKind.Parameters, "weights", stored)], Signature = new ModelSignature([], [], []) }, stop);
    }

    private static async Task WriteAsync(string file, int seed, CancellationToken stop)
    {
        var random = new Random(seed);
        byte[] block = new byte[1 << 20];
        await using var output = File.Create(file);
        for (int i = 0; i < Megabytes; i++)
        {
            random.NextBytes(block);
            await output.WriteAsync(block, stop);
        }
    }

    private static void CopyAndHash(string source, string target)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var input = new FileStream(source, FileMode.Open, FileAccess.Read, FileShare.Read, 1);
        using var output = new FileStream(target, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1);
        byte[] buffer = new byte[1 << 20];
        for (int read = input.Read(buffer); read > 0; read = input.Read(buffer))
        {
            hash.AppendData(buffer, 0, read);
            output.Write(buffer, 0, read);
        }

        FileSystems.Sync(output);
    }

    private static async Task<double> TimeAsync(Func<Task> work)
    {
        long begun = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(begun).TotalSeconds;
    }

    private static string Seconds(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds:F2} s");
}
