using MlOps.Testing;

namespace MlOps.Registry.Tests;

public sealed class ArtifactCollectorTests : IAsyncDisposable
{
    private readonly TestEnvironment _environment = new();

    public ValueTask DisposeAsync() => _environment.DisposeAsync();

    [Fact]
    public async Task Collect_OldUnreferencedBlobs_AreRemovedAndNothingElse()
    {
        var version = await new SqlModelRegistry(_environment.Context).RegisterAsync(await Drafts.Full(_environment.Context).BuildAsync());
        await using var run = await new SqlExperiments(_environment.Context).StartRunAsync("training");
        var kept = await run.LogArtifactAsync("plot", new MemoryStream("plot"u8.ToArray()), "text/plain");
        var wanted = await Drafts.StoreAsync(_environment.Context, "a pipeline's result");
        var garbage = await Drafts.StoreAsync(_environment.Context, "garbage");
        Age();

        var collector = new ArtifactCollector(_environment.Context, [new Roots(wanted.ParsedDigest)]);
        (await collector.CollectAsync(new CollectionOptions { DryRun = true })).Should().Be(new CollectionReport(1, garbage.Size, true));
        (await collector.CollectAsync()).Should().Be(new CollectionReport(1, garbage.Size, false));
        (await collector.CollectAsync()).Should().Be(new CollectionReport(0, 0, false));

        (await ExistsAsync(garbage)).Should().BeFalse();
        foreach (var content in version.Artifacts.Select(artifact => artifact.Content).Append(kept).Append(wanted))
            (await ExistsAsync(content)).Should().BeTrue();
    }

    [Fact]
    public async Task Collect_YoungBlobs_AreKept()
    {
        await Drafts.StoreAsync(_environment.Context, "old");
        Age();
        var young = await Drafts.StoreAsync(_environment.Context, "young");
        (await new ArtifactCollector(_environment.Context, []).CollectAsync()).Blobs.Should().Be(1);
        (await ExistsAsync(young)).Should().BeTrue();
    }

    [Fact]
    public async Task Collect_WhileWorkOfDaysGoesOn_KeepsWhatWasStoredSinceItBegan()
    {
        await Drafts.StoreAsync(_environment.Context, "before");
        Age();
        var during = await Drafts.StoreAsync(_environment.Context, "during");
        Age(days: 9);
        var since = _environment.Clock.GetUtcNow().AddDays(-10);

        (await new ArtifactCollector(_environment.Context, [new Working(since)]).CollectAsync()).Blobs.Should().Be(1);
        (await ExistsAsync(during)).Should().BeTrue();
        (await new ArtifactCollector(_environment.Context, []).CollectAsync()).Blobs.Should().Be(1);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(6 << 20)]
    public async Task Collect_OldBlobsThatWereStoredAgainOrRefreshed_AreKept(int size)
    {
        var bytes = new byte[size];
        new Random(1).NextBytes(bytes);
        var again = await _environment.Context.Artifacts.PutBytesAsync(bytes, "application/octet-stream");
        var refreshed = await _environment.Context.Artifacts.PutBytesAsync((byte[])[.. bytes, 1], "application/octet-stream");
        var old = await _environment.Context.Artifacts.PutBytesAsync((byte[])[.. bytes, 2], "application/octet-stream");
        Age();

        await _environment.Context.Artifacts.PutBytesAsync(bytes, "application/octet-stream");
        (await _environment.Context.Artifacts.RefreshAsync(refreshed.ParsedDigest)).Should().BeTrue();

        (await new ArtifactCollector(_environment.Context, []).CollectAsync()).Blobs.Should().Be(1);
        (await ExistsAsync(again)).Should().BeTrue();
        (await ExistsAsync(refreshed)).Should().BeTrue();
        (await _environment.Context.Artifacts.GetBytesAsync(refreshed)).Should().HaveCount(size + 1);
        (await _environment.Context.Artifacts.RefreshAsync(old.ParsedDigest)).Should().BeFalse();
    }

    [Fact]
    public async Task Collect_DataThatAVersionNames_IsKeptWhereItIsStored()
    {
        var data = await Drafts.StoreAsync(_environment.Context, "rows", "text/csv");
        await new SqlModelRegistry(_environment.Context).RegisterAsync(await new ModelVersionBuilder(_environment.Context.Artifacts, "churn")
            .WithOnnx(OnnxBytes.Linear(), ["a", "b", "c"]).WithData(new DataReference("rows", "training", data.Digest, 4, "query")).BuildAsync());
        Age();

        (await new ArtifactCollector(_environment.Context, []).CollectAsync()).Blobs.Should().Be(0);
        (await ExistsAsync(data)).Should().BeTrue();
    }

    [Fact]
    public async Task Collect_AgeBelowAnHour_IsRefused() =>
        await new ArtifactCollector(_environment.Context, []).Invoking(c => c.CollectAsync(new CollectionOptions { MinimumAge = TimeSpan.Zero }).AsTask())
            .Should().ThrowAsync<InvalidInputException>();

    [Fact]
    public async Task Register_RacingACollectionOfItsBlobs_IsWholeOrRefused()
    {
        var registry = new SqlModelRegistry(_environment.Context);
        var collector = new ArtifactCollector(_environment.Context, []);
        for (var round = 0; round < 20; round++)
        {
            var draft = await Drafts.SmallAsync(_environment.Context, content: $"{{\"round\":{round}}}");
            Age();
            var collecting = Task.Run(async () => await collector.CollectAsync());
            try
            {
                var version = await Task.Run(async () => await registry.RegisterAsync(draft));
                await collecting;
                (await ExistsAsync(version.Artifacts[0].Content)).Should().BeTrue();
            }
            catch (NotFoundException)
            {
                await collecting;
            }
        }

        (await _environment.Context.Audit.VerifyAsync()).Should().BeNull();
    }

    // Files carry the system's time: the environment's clock is set to it, and what was stored so far is dated back.
    private void Age(int days = 30)
    {
        var now = TimeProvider.System.GetUtcNow();
        _environment.Clock.JumpTo(now);
        foreach (var path in Directory.GetFiles(Path.Combine(_environment.Directory, "artifacts"), "*", SearchOption.AllDirectories))
        {
            var then = now.UtcDateTime.AddDays(-days);
            if (File.GetLastWriteTimeUtc(path) > then)
                File.SetLastWriteTimeUtc(path, then);
        }
    }

    private async Task<bool> ExistsAsync(ArtifactRef content) => await _environment.Context.Artifacts.ExistsAsync(content.ParsedDigest);

    private sealed class Working(DateTimeOffset since) : IArtifactRoots
    {
        public ValueTask<bool> IsReachableAsync(ArtifactDigest digest, CancellationToken cancellationToken = default) => ValueTask.FromResult(false);

        public ValueTask<DateTimeOffset?> WorkingSinceAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult<DateTimeOffset?>(since);
    }

    private sealed class Roots(ArtifactDigest wanted) : IArtifactRoots
    {
        public ValueTask<bool> IsReachableAsync(ArtifactDigest digest, CancellationToken cancellationToken = default) => ValueTask.FromResult(digest == wanted);
    }
}
