using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using MlOps.Monitoring;
using MlOps.Registry;
using MlOps.Testing;

namespace MlOps.Hosting;

/// <summary>Collection in a whole environment: whichever engine keeps a reference, its blob stays.</summary>
public sealed class CollectionTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Collect_AfterEveryEngineHasStored_KeepsEachBlobThatAnyTableNames()
    {
        await using var host = await TestHost.StartAsync(_directory.Path, configure: mlops => mlops.AddPipeline<StoringPipeline>());
        var sandbox = host["sandbox"];
        var version = await sandbox.Models.RegisterAsync(await SyntheticModel.DraftAsync(sandbox));
        var frame = await sandbox.Context.Artifacts.PutBytesAsync("a data set that only a run names"u8.ToArray(), "text/csv");
        await using (var run = await sandbox.Experiments.StartRunAsync("training"))
        {
            await run.LogArtifactAsync("plot", new MemoryStream("plot"u8.ToArray()), "text/plain");
            run.LogInput("rows", frame.Digest, "training");
        }

        (await sandbox.Pipelines.RunAsync<StoringPipeline, int>(5_000)).EnsureCompleted();
        var reference = ReferenceProfile.FromJson(await sandbox.Context.Artifacts.GetBytesAsync(version.Find(ModelArtifactKind.ExperimentArtifacts, ModelArtifactNames.Reference)!.Content));
        await sandbox.Monitors.SetReferenceAsync("churn", version.Ref, reference);
        var garbage = await sandbox.Context.Artifacts.PutBytesAsync("garbage"u8.ToArray(), "text/plain");
        StoredFiles.Age(sandbox);
        var stored = await ListAsync(sandbox);
        var named = await NamedAsync(sandbox.Context.Metadata);

        var foreseen = await sandbox.Get<IArtifactCollector>().CollectAsync(new CollectionOptions { DryRun = true });
        var report = await sandbox.Get<IArtifactCollector>().CollectAsync();

        (report.Blobs, report.Bytes).Should().Be((1, garbage.Size)).And.Be((foreseen.Blobs, foreseen.Bytes));
        var kept = await ListAsync(sandbox);
        kept.Should().BeEquivalentTo(stored.Where(digest => digest != garbage.Digest));
        foreach (var (table, digests) in named)
            digests.Where(stored.Contains).Except(kept).Should().BeEmpty($"{table} names them");
        named.Keys.Should().Contain(["registry_blobs", "experiments_artifacts", "experiments_inputs", "orchestration_steps", "monitoring_references"]);
        sandbox.Monitors.Should().NotBeNull();
        (await sandbox.Monitors.GetReferenceAsync("churn", version.Ref)).Should().NotBeNull();
    }

    [Fact]
    public async Task Environment_HasRootsOfEveryEngineThatKeepsReferencesBesideTheRegistry()
    {
        await using var host = await TestHost.StartAsync(_directory.Path, configure: mlops => mlops.AddEnvironment("staging"));

        foreach (var environment in host.Environments)
        {
            host.Services.GetKeyedServices<IArtifactRoots>(environment.Name).Select(roots => roots.GetType().Assembly.GetName().Name)
                .Should().BeEquivalentTo("MlOps.Orchestration", "MlOps.Monitoring", "MlOps.FeatureStore");
        }
    }

    [Fact]
    public async Task Step_AtWork_KeepsWhatWasStoredSinceItBegan()
    {
        var (entered, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var host = await TestHost.StartAsync(_directory.Path, configure: mlops =>
        {
            mlops.Services.AddSingleton(new Gate(entered, go));
            mlops.AddPipeline<WaitingPipeline>();
        });
        var roots = host.Services.GetKeyedServices<IArtifactRoots>("sandbox").ToArray();
        (await SinceAsync(roots)).Should().BeNull();
        var running = host["sandbox"].Pipelines.RunAsync<WaitingPipeline, int>(1).AsTask();
        await entered.Task;
        var since = await SinceAsync(roots);
        go.SetResult();
        (await running).EnsureCompleted();

        since.Should().NotBeNull();
        since!.Value.Should().BeOnOrBefore(TimeProvider.System.GetUtcNow());
        (await SinceAsync(roots)).Should().BeNull();
    }

    [Fact]
    public async Task Worker_ThatIsToldHowOften_CollectsByItself()
    {
        var clock = new FakeClock(TimeProvider.System.GetUtcNow());
        await using var host = await TestHost.StartAsync(
            _directory.Path, [("Environments:sandbox:Artifacts:CollectEvery", "00:10:00")], mlops => mlops.Services.AddSingleton<TimeProvider>(clock), worker: true);
        var sandbox = host["sandbox"];
        var garbage = await sandbox.Context.Artifacts.PutBytesAsync("garbage"u8.ToArray(), "text/plain");
        StoredFiles.Age(sandbox);

        while (await sandbox.Context.Artifacts.ExistsAsync(garbage.ParsedDigest))
        {
            clock.Advance(TimeSpan.FromMinutes(1));
            await Task.Yield();
        }

        host.Log.Complaints.Should().BeEmpty();
    }

    [Fact]
    public async Task Start_WithWrongLimits_SaysWhichValuesAreRight()
    {
        var mistakes = await TestHost.MistakesAsync(_directory.Path,
        [
            ("Environments:sandbox:Artifacts:QuotaBytes", "-1"),
            ("Environments:sandbox:Artifacts:CollectEvery", "00:00:05"),
            ("Environments:sandbox:Artifacts:CollectOlderThan", "00:10:00"),
        ]);

        mistakes.Should().HaveCount(3);
        mistakes.Should().Contain(mistake => mistake.Contains("sandbox:Artifacts:QuotaBytes is -1: use 0 or more", StringComparison.Ordinal));
        mistakes.Should().Contain(mistake => mistake.Contains("sandbox:Artifacts:CollectEvery is 00:00:05: use 00:01:00", StringComparison.Ordinal));
        mistakes.Should().Contain(mistake => mistake.Contains("sandbox:Artifacts:CollectOlderThan is 00:10:00: use 01:00:00", StringComparison.Ordinal));
    }

    private static async Task<DateTimeOffset?> SinceAsync(IEnumerable<IArtifactRoots> roots)
    {
        DateTimeOffset? since = null;
        foreach (var root in roots)
            since = await root.WorkingSinceAsync() ?? since;
        return since;
    }

    private static async Task<HashSet<string>> ListAsync(IMlOpsEnvironment environment)
    {
        var digests = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var digest in environment.Context.Artifacts.ListAsync())
            digests.Add(digest.ToString());
        return digests;
    }

    // Every table but the histories, which tell what once was: a new engine that keeps references is found here without being told of.
    private static async Task<Dictionary<string, HashSet<string>>> NamedAsync(IMetadataStore metadata) => await metadata.ReadAsync(async (session, _) =>
    {
        var named = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        var tables = await session.QueryAsync("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'", row => row.GetString(0));
        foreach (var table in tables.Where(table => !table.StartsWith("audit", StringComparison.Ordinal) && !table.StartsWith("events", StringComparison.Ordinal)))
        {
            var rows = await session.QueryAsync($"SELECT * FROM {table}", row => string.Join(' ', Enumerable.Range(0, row.FieldCount).Select(i => row.GetValue(i) switch
            {
                byte[] bytes => Encoding.UTF8.GetString(bytes),
                var value => value?.ToString(),
            })));
            var digests = rows.SelectMany(row => Regex.Matches(row, "sha256:[0-9a-f]{64}").Select(match => match.Value)).ToHashSet(StringComparer.Ordinal);
            if (digests.Count > 0)
                named[table] = digests;
        }

        return named;
    });

    public sealed class Gate(TaskCompletionSource entered, TaskCompletionSource go)
    {
        public async Task<int> PassAsync(int value)
        {
            entered.SetResult();
            await go.Task;
            return value;
        }
    }

    public sealed class WaitingPipeline(Gate gate) : IPipeline<int>
    {
        public string Name => "waiting";

        public void Define(PipelineBuilder<int> pipeline) => pipeline.Step("wait", (_, input, _) => gate.PassAsync(input));
    }
}
