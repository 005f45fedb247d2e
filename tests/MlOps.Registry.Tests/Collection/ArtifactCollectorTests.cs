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
    private void Age()
    {
        var now = TimeProvider.System.GetUtcNow();
        _environment.Clock.JumpTo(now);
        foreach (var path in Directory.GetFiles(Path.Combine(_environment.Directory, "artifacts"), "*", SearchOption.AllDirectories))
            File.SetLastWriteTimeUtc(path, now.UtcDateTime.AddDays(-30));
    }

    private async Task<bool> ExistsAsync(ArtifactRef content) => await _environment.Context.Artifacts.ExistsAsync(content.ParsedDigest);

    private sealed class Roots(ArtifactDigest wanted) : IArtifactRoots
    {
        public ValueTask<bool> IsReachableAsync(ArtifactDigest digest, CancellationToken cancellationToken = default) => ValueTask.FromResult(digest == wanted);
    }
}
