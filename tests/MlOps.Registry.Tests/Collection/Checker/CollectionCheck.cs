using MlOps.Artifacts;
using MlOps.Environments;
using MlOps.Testing;

namespace MlOps.Registry.Tests;

/// <summary>
/// Random graphs of versions, aliases, runs, references of another engine and blobs, with writers and collections whose steps are
/// interleaved by a seed. <see cref="GraphModel"/> works out by itself what must be there afterwards.
/// </summary>
internal sealed class CollectionCheck : IAsyncDisposable
{
    private const int MostActors = 5;
    private readonly string _directory;
    private readonly EnvironmentStores _stores;
    private readonly FakeClock _clock = new();
    private readonly List<string> _broken = [];
    private Interleaver _interleaver = new(0, 0);

    public CollectionCheck()
    {
        // Thousands of transactions that need not survive this process.
        var parent = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
        _directory = Path.Combine(parent, $"mlops-collection-{Guid.NewGuid():N}");
        _stores = EnvironmentStores.OpenEmbedded("sandbox", EnvironmentKind.Sandbox, _directory, _clock);
    }

    public IReadOnlyList<string> Broken => _broken;

    public long Collected { get; private set; }

    public long CollectedBesideWriters { get; private set; }

    public long Refused { get; private set; }

    public long Acknowledged { get; private set; }

    public long Switches { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _stores.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    public async Task CheckAsync(int seed, PlantedBug bug = PlantedBug.None)
    {
        var random = new Random(seed);
        _clock.JumpTo(_clock.GetUtcNow().AddDays(100));
        _interleaver = new Interleaver(seed, random.Next(3) switch { 0 => 0.03, 1 => 0.2, _ => 0.6 });
        var files = new SteppedFiles(_clock, _interleaver) { ForgetsThatAsideIsYoung = bug == PlantedBug.AsideIsOld };
        var stores = Enumerable.Range(0, MostActors + 1).Select(_ => FileArtifactStore.Open(files, "/store", _clock, new FileArtifactOptions { ChunkThresholdBytes = SteppedArtifacts.LargestWhole })).ToArray();
        var store = new SteppedArtifacts(() => stores[_interleaver.Acting]) { ForgetsToRefresh = bug == PlantedBug.NoRefresh };
        var context = ContextOver(store, _clock);
        var outside = new OutsideEngine(context);
        var graph = new RandomGraph(context, outside, seed, random, hasLargeBlobs: random.Next(4) == 0);
        var live = await graph.BuildAsync(_clock);
        await using (live)
        {
            var collector = Collector(context, outside, bug);
            await collector.CollectAsync(new CollectionOptions { DryRun = true });
            var work = Enumerable.Range(0, random.Next(1, 4)).Select(writer => graph.Writer(writer, random.Next())).ToList();
            for (var i = random.Next(1, 3); i > 0; i--)
            {
                work.Add(async () =>
                {
                    for (var round = 0; round < 2; round++)
                        CollectedBesideWriters += (await collector.CollectAsync(new CollectionOptions { MinimumAge = TimeSpan.FromHours(1) })).Blobs;
                });
            }

            try
            {
                _interleaver.Run(work);
            }
            catch (InvalidOperationException error)
            {
                _broken.Add($"Graph {seed}: {(error.InnerException is TimeoutException ? error : error.InnerException ?? error)}");
                return;
            }

            await VerifyAsync(seed, graph, new ArtifactCollector(context, [outside]), store);
        }

        (Acknowledged, Refused, Switches) = (Acknowledged + graph.Acknowledged, Refused + graph.Refused, Switches + _interleaver.Switches);
    }

    private async Task VerifyAsync(int seed, RandomGraph graph, ArtifactCollector collector, IArtifactStore store)
    {
        await graph.SettleAsync();
        foreach (var entity in graph.Model.Entities)
        {
            if (!await graph.ExistsAsync(entity))
                _broken.Add($"Graph {seed}: {entity} was acknowledged and is not there.");
            foreach (var blob in entity.Blobs)
                await RequireWholeAsync(seed, entity.ToString(), store, blob);
        }

        // Nobody writes any more and everything is old: what goes now is exactly what nothing reaches.
        _clock.JumpTo(_clock.GetUtcNow().AddDays(30));
        var reachable = graph.Model.Reachable();
        var stored = await StoredAsync(store);
        var foreseen = await collector.CollectAsync(new CollectionOptions { DryRun = true });
        Require((await StoredAsync(store)).SetEquals(stored), "the dry run changed what is stored");
        var before = await store.GetUsageAsync();
        var done = await collector.CollectAsync();
        var after = await store.GetUsageAsync();
        Collected += done.Blobs;
        Require(foreseen.Blobs == done.Blobs && foreseen.Bytes == done.Bytes, $"the dry run foresaw {foreseen.Blobs} blobs of {foreseen.Bytes} bytes, and {done.Blobs} of {done.Bytes} went");
        Require(before.StoredBytes - after.StoredBytes == done.Bytes, $"{done.Bytes} bytes were reported, {before.StoredBytes - after.StoredBytes} went");
        Require(stored.Count(digest => !reachable.Contains(digest)) == done.Blobs, $"{stored.Count(digest => !reachable.Contains(digest))} blobs were unreachable, {done.Blobs} went");
        stored.IntersectWith(reachable);
        Require(stored.SetEquals(await StoredAsync(store)), "other blobs stayed than those that something reaches");
        foreach (var entity in graph.Model.Entities)
        {
            foreach (var blob in entity.Blobs)
                await RequireWholeAsync(seed, $"{entity}, after a quiet collection,", store, blob);
        }

        var again = await collector.CollectAsync(new CollectionOptions { DryRun = true });
        Require(again is { Blobs: 0, Bytes: 0 }, $"a second collection would remove {again.Blobs} blobs of {again.Bytes} bytes");

        void Require(bool holds, string what)
        {
            if (!holds)
                _broken.Add($"Graph {seed}: {what}.");
        }
    }

    private async Task RequireWholeAsync(int seed, string who, IArtifactStore store, ArtifactRef blob)
    {
        try
        {
            var bytes = await store.GetBytesAsync(blob);
            if (bytes.Length != blob.Size || ArtifactDigest.Of(bytes).ToString() != blob.Digest)
                _broken.Add($"Graph {seed}: {who} has other bytes than were stored at {blob.Digest}.");
        }
        catch (MlOpsException error)
        {
            _broken.Add($"Graph {seed}: {who} refers to {blob.Digest}: {error.Message}");
        }
    }

    private static async Task<HashSet<string>> StoredAsync(IArtifactStore store)
    {
        var stored = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var digest in store.ListAsync())
            stored.Add(digest.ToString());
        return stored;
    }

    private ArtifactCollector Collector(EnvironmentContext context, OutsideEngine outside, PlantedBug bug) => bug switch
    {
        PlantedBug.RootsIgnored => new ArtifactCollector(context, []),
        PlantedBug.AgeIgnored => new ArtifactCollector(ContextOver(context.Artifacts, new FakeClock(_clock.GetUtcNow().AddDays(2))), [outside]),
        PlantedBug.RunsIgnored => new ArtifactCollector(ContextOver(context.Artifacts, _clock, new BlindMetadata(context.Metadata)), [outside]),
        _ => new ArtifactCollector(context, [outside]),
    };

    private EnvironmentContext ContextOver(IArtifactStore artifacts, TimeProvider clock, IMetadataStore? metadata = null)
    {
        var whole = _stores.Context;
        return new EnvironmentContext
        {
            Name = whole.Name,
            Kind = whole.Kind,
            Directory = whole.Directory,
            Files = whole.Files,
            Metadata = metadata ?? new SteppedMetadata(whole.Metadata, () => _interleaver),
            Artifacts = artifacts,
            Events = whole.Events,
            Audit = whole.Audit,
            Caller = whole.Caller,
            Clock = clock,
        };
    }
}
