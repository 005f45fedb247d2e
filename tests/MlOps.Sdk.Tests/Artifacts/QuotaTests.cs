using MlOps.Orchestration;
using MlOps.Registry;
using MlOps.Testing;

namespace MlOps.Hosting;

/// <summary>A quota refuses before it writes, says what to do, and lets through again what has room.</summary>
public sealed class QuotaTests : IDisposable
{
    private const string Quota = "Environments:sandbox:Artifacts:QuotaBytes";
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task LogArtifact_BeyondTheQuota_IsRefusedAndLeavesNothing()
    {
        await using var host = await TestHost.StartAsync(_directory.Path, [(Quota, "100000")]);
        var sandbox = host["sandbox"];
        await using var run = await sandbox.Experiments.StartRunAsync("training");
        await run.LogArtifactAsync("small", new MemoryStream(Bytes(40_000)), "application/octet-stream");
        var before = StoredFiles.Of(sandbox);

        var refused = (await run.Invoking(r => r.LogArtifactAsync("large", new MemoryStream(Bytes(70_000)), "application/octet-stream").AsTask())
            .Should().ThrowAsync<QuotaExceededException>()).Which;

        (refused.UsedBytes, refused.QuotaBytes).Should().Be((40_000, 100_000));
        refused.Message.Should().ContainAll("40000", "100000", "collect", "QuotaBytes");
        StoredFiles.Of(sandbox).Should().Equal(before);
        await run.LogArtifactAsync("again", new MemoryStream(Bytes(40_000)), "application/octet-stream");
        await run.LogArtifactAsync("fits", new MemoryStream(Bytes(50_000)), "application/octet-stream");
    }

    [Fact]
    public async Task Version_BeyondTheQuota_IsNotRegisteredUntilTheQuotaIsRaised()
    {
        await using (var host = await TestHost.StartAsync(_directory.Path, [(Quota, "1500")]))
        {
            await FluentActions.Awaiting(() => SyntheticModel.DraftAsync(host["sandbox"])).Should().ThrowAsync<QuotaExceededException>();
            (await host["sandbox"].Context.Artifacts.GetUsageAsync()).StoredBytes.Should().BeLessThanOrEqualTo(1_500);
            (await host["sandbox"].Models.FindAsync(SyntheticModel.Name, ModelAliases.Champion)).Should().BeNull();
        }

        await using (var host = await TestHost.StartAsync(_directory.Path, [(Quota, "10000000")]))
            (await host["sandbox"].Models.RegisterAsync(await SyntheticModel.DraftAsync(host["sandbox"]))).Version.Should().Be(1);
    }

    [Fact]
    public async Task FullStore_AfterPurgeAndCollection_TakesArtifactsAgain()
    {
        await using var host = await TestHost.StartAsync(_directory.Path, [(Quota, "100000")]);
        var sandbox = host["sandbox"];
        var run = await sandbox.Experiments.StartRunAsync("training");
        await using (run)
            await run.LogArtifactAsync("first", new MemoryStream(Bytes(80_000)), "application/octet-stream");
        var next = await sandbox.Experiments.StartRunAsync("training");
        await using (next)
        {
            Func<Task> log = async () => await next.LogArtifactAsync("second", new MemoryStream(Bytes(81_000)), "application/octet-stream");
            await log.Should().ThrowAsync<QuotaExceededException>();
            await sandbox.Experiments.DeleteRunAsync(run.Id, "not needed");
            StoredFiles.Age(sandbox);
            (await sandbox.Get<IArtifactCollector>().CollectAsync()).Blobs.Should().Be(0, "a deleted run can be restored");
            await sandbox.Experiments.PurgeRunsAsync("room", new RunPurgeOptions { DeletedFor = TimeSpan.Zero });
            await log.Should().ThrowAsync<QuotaExceededException>("nobody has collected");
            (await sandbox.Get<IArtifactCollector>().CollectAsync()).Bytes.Should().Be(80_000);
            await log();
        }
    }

    [Fact]
    public async Task Step_BeyondTheQuota_FailsItsRunWithTheFigures()
    {
        await using var host = await TestHost.StartAsync(_directory.Path, [(Quota, "100000")], mlops => mlops.AddPipeline<StoringPipeline>());

        var run = await host["sandbox"].Pipelines.RunAsync<StoringPipeline, int>(200_000);

        run.Status.Should().Be(PipelineStatus.Failed);
        run.Steps.Single().Error.Should().ContainAll("QuotaExceededException", "0 of the 100000 bytes", "QuotaBytes");
        (await host["sandbox"].Pipelines.RunAsync<StoringPipeline, int>(50_000)).EnsureCompleted();
    }

    private static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }
}
