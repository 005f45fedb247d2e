using MlOps.Registry;
using MlOps.Testing;

namespace MlOps.Crash.Tests;

/// <summary>
/// Everything that Core and Registry write through the file layer, told once on its double beside a real SQLite: stamps, uploads, versions,
/// a run's artifact, a collection, a copy into another environment. <see cref="Content"/> decides which formats of the artifact store are met.
/// </summary>
internal sealed class StoreStory(string directory, FaultyFileSystem files, PlantedBug bug = PlantedBug.None)
{
    private const string Model = "churn";

    /// <summary>Small blobs, and one that takes several writes.</summary>
    private static readonly int[] Sizes = [300, 280_000, 1, 0];

    private readonly FakeClock _clock = new();

    public string Source => Path.Combine(directory, "sandbox");

    public string Target => Path.Combine(directory, "staging");

    public Acknowledgements Acknowledged { get; } = new();

    public Acknowledgements Copied { get; } = new();

    /// <summary>What callers were refused.</summary>
    public List<MlOpsException> Refused { get; } = [];

    /// <summary>Tells it. A step that is refused is tried once more, as a caller would after the fault has gone.</summary>
    public async Task TellAsync()
    {
        await using var source = await TryAsync(() => Task.FromResult(Open(Source, "sandbox")));
        await TryAsync(() => UploadAsync(source, 1));
        await TryAsync(async () => await source.Context.Artifacts.PutBytesAsync(Content(2), "a/b"));
        await TryAsync(() => RegisterAsync(source, 3, "first"));
        await TryAsync(() => MoveAsync(source, 1));
        await TryAsync(() => RunAsync(source));
        _clock.Advance(TimeSpan.FromDays(3));
        await TryAsync(async () => await source.Collector.CollectAsync());
        // The same bytes as the garbage that was just collected.
        await TryAsync(() => RegisterAsync(source, 2, "second"));
        await TryAsync(() => MoveAsync(source, 2));
        await using var target = await TryAsync(() => Task.FromResult(Open(Target, "staging")));
        await TryAsync(() => CopyAsync(source, target));
    }

    /// <summary>Deterministic bytes.</summary>
    public static byte[] Content(int seed)
    {
        var bytes = new byte[Sizes[seed % Sizes.Length]];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private RegistryHost Open(string at, string name) => RegistryHost.Open(
        at, name, _clock, files, bug, context => RegistryHost.With(context, metadata: new SteppedMetadata(context.Metadata, files)));

    private async Task<T> TryAsync<T>(Func<Task<T>> step)
    {
        try
        {
            return await step();
        }
        catch (MlOpsException refused)
        {
            Refused.Add(refused);
            return await step();
        }
    }

    private async Task<bool> UploadAsync(RegistryHost host, int seed)
    {
        // Bytes first, row last: when the bytes are refused, no row was written, and the same seed serves again.
        var stored = await host.UploadAsync(seed, Content(seed));
        Acknowledged.Add($"U {stored.Digest} {seed} .");
        return true;
    }

    private async Task<bool> RegisterAsync(RegistryHost host, int seed, string key)
    {
        var draft = await new ModelVersionBuilder(host.Context.Artifacts, Model)
            .WithSignature(new ModelSignature([], [], []))
            .With(ModelArtifactKind.Functions, "weights", Content(seed), "application/octet-stream")
            .WithDependencies(Dependencies)
            .WithKey(key)
            .BuildAsync();
        var version = await host.Models.RegisterAsync(draft);
        Acknowledged.Add($"V {Model} {version.Version} {version.Manifest.Digest} {key} .");
        return true;
    }

    private async Task<bool> MoveAsync(RegistryHost host, int version)
    {
        var move = await host.Models.SetAliasAsync(new ModelVersionRef(Model, version), "champion", "story-" + version);
        Acknowledged.Add($"A {Model} champion {move.From ?? 0} {move.To ?? 0} {move.Reason} .");
        return true;
    }

    private async Task<bool> RunAsync(RegistryHost host)
    {
        await using var run = await host.Experiments.StartRunAsync("story", new RunOptions { Key = "story" });
        using (var bytes = new MemoryStream(Content(5), writable: false))
        {
            var stored = await run.LogArtifactAsync("plot", bytes, "image/png");
            Acknowledged.Add($"F {run.Id} {stored.Digest} .");
        }

        await run.CompleteAsync();
        Acknowledged.Add($"C {run.Id} .");
        return true;
    }

    private async Task<bool> CopyAsync(RegistryHost source, RegistryHost target)
    {
        var copy = await ModelCopier.CopyAsync(source, new ModelVersionRef(Model, 1), target, "copy");
        Copied.Add($"V {Model} {copy.Version} {copy.Manifest.Digest} copy .");
        return true;
    }

    private static DependencySnapshot Dependencies { get; } = new()
    {
        Packages = [], Runtime = ".NET", RuntimeIdentifier = "any", OperatingSystem = "any", Processor = "any", ProcessorCount = 1, MemoryBytes = 1,
    };
}
