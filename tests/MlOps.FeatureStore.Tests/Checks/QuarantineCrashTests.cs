using MlOps.Testing;

namespace MlOps.Features.Tests;

public sealed class QuarantineCrashTests
{
    private static readonly FeatureView[] Views = [QuarantineTests.Checked(FeatureView.Define("origin"))];
    private static readonly DataFrame Bad = Flights.Rows(50, seed: 2).With(DataColumn.Create("delay", Enumerable.Repeat(999f, 50).ToArray()));

    [Fact]
    public async Task Hold_WithADeathAtEveryStep_LeavesNothingOrAWholeBatch()
    {
        var (none, whole) = (0, 0);
        for (var crashAt = 1; crashAt <= 40; crashAt++)
        {
            await using var environment = new TestEnvironment();
            var files = new FaultyFileSystem();
            using (var first = Open(environment, files))
            {
                await first.IngestAsync("origin", Flights.Rows(20), "sound");
                files.CrashAt = files.Calls + crashAt;
                await Attempt(async () => await first.IngestAsync("origin", Bad, "bad"));
                if (!files.Crashed)
                {
                    crashAt = 40;
                    continue;
                }
            }

            files = files.Crash(new Random(crashAt));
            environment.Clock.Advance(TimeSpan.FromHours(1));
            using var store = Open(environment, files);
            var held = await store.Quarantine.ListAsync();
            foreach (var batch in held)
            {
                (await store.Quarantine.GetRowsAsync(batch.Id)).RowCount.Should().Be(50);
                (await store.Quarantine.GetReportAsync(batch.Id)).Passed.Should().BeFalse();
            }

            held.Count.Should().BeLessThanOrEqualTo(1);
            (none, whole) = held.Count == 0 ? (none + 1, whole) : (none, whole + 1);
            files.ListFiles(Path.Combine(environment.Context.Directory, "features", "quarantine"), recursive: true).Should().HaveCount(held.Count, $"death at step {crashAt}");
            (await store.GetStatusAsync("origin")).OfflineRows.Should().Be(20, "nothing of a failing batch is applied");

            // The source delivers it again.
            var again = async () => await store.IngestAsync("origin", Bad, "bad");
            await again.Should().ThrowAsync<DataCheckException>();
            (await store.Quarantine.ListAsync()).Should().ContainSingle();
        }

        none.Should().BePositive();
        whole.Should().BePositive();
    }

    [Fact]
    public async Task Release_WithADeathAtEveryStep_AppliesTheBatchOnce()
    {
        for (var crashAt = 1; crashAt <= 60; crashAt++)
        {
            await using var environment = new TestEnvironment();
            var files = new FaultyFileSystem();
            string id;
            using (var first = Open(environment, files))
            {
                id = (await new Func<Task>(async () => await first.IngestAsync("origin", Bad, "bad")).Should().ThrowAsync<DataCheckException>()).Which.QuarantineId!;
                files.CrashAt = files.Calls + crashAt;
                await Attempt(async () => await first.Quarantine.ReleaseAsync(id, "checked by hand"));
                if (!files.Crashed)
                    crashAt = 60;
            }

            if (files.Crashed)
                files = files.Crash(new Random(crashAt));
            else
                files.CrashAt = 0;
            environment.Clock.Advance(TimeSpan.FromHours(1));
            using var store = Open(environment, files);
            var batch = await store.Quarantine.GetAsync(id);
            if (batch.State == QuarantineState.Held)
                (await store.Quarantine.ReleaseAsync(id, "checked by hand")).Should().Be(50);
            (await store.GetStatusAsync("origin")).OfflineRows.Should().Be(50, $"death at step {crashAt}");
            (await store.Quarantine.GetAsync(id)).State.Should().Be(QuarantineState.Released);
            files.ListFiles(Path.Combine(environment.Context.Directory, "features", "quarantine"), recursive: true).Should().BeEmpty();
        }
    }

    private static async Task Attempt(Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (Exception e) when (e is SimulatedCrashException or DataCheckException)
        {
            // The process has died, or the batch was kept.
        }
    }

    private static FeatureStore Open(TestEnvironment environment, FaultyFileSystem files)
    {
        var context = environment.Context;
        var own = new EnvironmentContext
        {
            Name = context.Name, Kind = context.Kind, Directory = context.Directory, Files = files, Metadata = new CrashingMetadata(context.Metadata, files), Artifacts = context.Artifacts,
            Events = context.Events, Audit = context.Audit, Caller = context.Caller, Clock = context.Clock,
        };
        return new FeatureStore(own, Views, [], new FeatureStoreOptions());
    }
}
