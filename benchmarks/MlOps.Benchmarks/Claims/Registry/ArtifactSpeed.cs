using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using MlOps.Benchmarks.Claims.Support;
using MlOps.Benchmarks.Measuring;

namespace MlOps.Benchmarks.Claims.Registry;

/// <summary>The artifact store against a copy with a hash, on the same disk with the same bytes.</summary>
internal static class ArtifactSpeed
{
    private const int Size = 32 << 20;
    private const string Copy = "copy + SHA-256";
    private const string Store = "artifact store";

    public static async Task<ClaimResult> MeasureAsync(ClaimContext context, bool reads, CancellationToken stop)
    {
        await using var host = new ClaimHost(context.Folder);
        var artifacts = host.Environment.Context.Artifacts;
        byte[] bytes = new byte[Size];
        new Random(context.Seed).NextBytes(bytes);
        string source = Path.Combine(context.Folder, "source");
        await File.WriteAllBytesAsync(source, bytes, stop);
        string target = Path.Combine(context.Folder, "target");
        var stored = await artifacts.PutBytesAsync(bytes, "application/octet-stream", stop);
        int number = 0;
        var result = await Paired.MeasureAsync(
            new PairedOptions { Rounds = 16, Operations = 1, WarmUp = TimeSpan.FromSeconds(0.5) },
            [
                (Copy, (_, _) =>
                {
                    Change(bytes, ++number);
                    using Stream input = reads ? new FileStream(source, FileMode.Open, FileAccess.Read, FileShare.Read, 1) : new MemoryStream(bytes, writable: false);
                    return Task.FromResult(CopyAndHash(input, $"{target}{number}", flush: !reads));
                }),
                (Store, async (_, _) =>
                {
                    Change(bytes, ++number);
                    if (reads)
                    {
                        await using var blob = await artifacts.OpenReadAsync(stored.ParsedDigest);
                        await using var file = new FileStream($"{target}{number}", FileMode.CreateNew, FileAccess.Write, FileShare.None, 1);
                        await blob.CopyToAsync(file, 1 << 20);
                        return file.Length;
                    }

                    await using var input = new MemoryStream(bytes, writable: false);
                    return (await artifacts.PutAsync(input, "application/octet-stream")).Size;
                }),
            ],
            stop);
        double rate = 1 / result.WallRatio(Store, Copy);
        return ClaimResult.AtLeast(
            rate, 0.8, string.Create(CultureInfo.InvariantCulture, $"{rate:F2} x"),
            result.ToDetail(reads ? "Reading 32 MiB, verified" : "Storing 32 MiB durably", Copy));
    }

    // Other bytes in every page each time, else the store would know them, or most of their chunks, already.
    private static void Change(byte[] bytes, int number)
    {
        for (int i = 0; i < bytes.Length; i += 4096)
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(i), number);
    }

    public static long CopyAndHash(string source, string target, bool flush)
    {
        using var input = new FileStream(source, FileMode.Open, FileAccess.Read, FileShare.Read, 1);
        return CopyAndHash(input, target, flush);
    }

    private static long CopyAndHash(Stream input, string target, bool flush)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var output = new FileStream(target, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1);
        byte[] buffer = new byte[1 << 20];
        for (int read = input.Read(buffer); read > 0; read = input.Read(buffer))
        {
            hash.AppendData(buffer, 0, read);
            output.Write(buffer, 0, read);
        }

        if (flush)
            FileSystems.Sync(output);
        return hash.GetHashAndReset()[0];
    }
}
