namespace MlOps.Features.Tests;

public sealed class OnlineCrashTests
{
    [Fact]
    public async Task Push_WithAPowerCutAtEveryOperation_LosesNothingAcknowledgedAndCountsNothingTwice()
    {
        for (var crashAt = 1; crashAt <= 160; crashAt++)
        {
            var files = new MemoryFiles { CrashAt = crashAt };
            var random = new Random(crashAt);
            var plan = View.Plan;
            var options = new FeatureStoreOptions { SnapshotLogBytes = 600 };
            var online = new OnlineView(files, "/online/v", plan, options, TimeProvider.System);
            var acknowledged = 0;
            for (var offset = 0; offset < 40;)
            {
                try
                {
                    await online.OpenAsync(default);
                    if (await online.PushAsync(Push(plan, offset), default))
                        acknowledged++;
                    offset++;
                }
                catch (StorageException)
                {
                    // The machine stops, comes back, and the source delivers the same offset again.
                    online.Dispose();
                    files.Restart(random);
                    files.CrashAt = random.Next(3) == 0 ? files.Operations + random.Next(1, 60) : int.MaxValue;
                    online = new OnlineView(files, "/online/v", plan, options, TimeProvider.System);
                }
            }

            Count(online).Should().Be(40, $"crash at operation {crashAt}");
            acknowledged.Should().BeLessThanOrEqualTo(40);
            files.Restart(random);
            var again = new OnlineView(files, "/online/v", plan, options, TimeProvider.System);
            await again.OpenAsync(default);
            Count(again).Should().Be(40, $"after a last power cut, crash at operation {crashAt}");
            online.Dispose();
            again.Dispose();
        }
    }

    [Fact]
    public async Task Log_WithDamageBeforeWholeRecords_IsRefusedAndNamed()
    {
        var files = new MemoryFiles();
        using (var online = new OnlineView(files, "/online/v", View.Plan, new FeatureStoreOptions(), TimeProvider.System))
        {
            for (var offset = 0; offset < 5; offset++)
                await online.PushAsync(Push(View.Plan, offset), default);
        }

        var path = files.ListFiles("/online/v").Single();
        var sound = files.Bytes(path);
        foreach (var at in new[] { 36, 40, 44, 60, 100 })
        {
            var bad = sound.ToArray();
            bad[at] ^= 1;
            files.SetBytes(path, bad);
            using var online = new OnlineView(files, "/online/v", View.Plan, new FeatureStoreOptions(), TimeProvider.System);
            var opening = async () => await online.OpenAsync(default);
            await opening.Should().ThrowAsync<CorruptDataException>().WithMessage($"*{path}*damaged*");
        }
    }

    [Fact]
    public async Task Snapshot_WithAFlippedBit_IsRefusedAndNamed()
    {
        var files = new MemoryFiles();
        var options = new FeatureStoreOptions { SnapshotLogBytes = 1 };
        using (var online = new OnlineView(files, "/online/v", View.Plan, options, TimeProvider.System))
            await online.PushAsync(Push(View.Plan, 0), default);
        var path = files.ListFiles("/online/v").Single(name => name.Contains("snapshot", StringComparison.Ordinal));
        var sound = files.Bytes(path);
        for (var at = 0; at < sound.Length; at += 7)
        {
            var bad = sound.ToArray();
            bad[at] ^= 0x10;
            files.SetBytes(path, bad);
            using var online = new OnlineView(files, "/online/v", View.Plan, options, TimeProvider.System);
            var opening = async () => await online.OpenAsync(default);
            await opening.Should().ThrowAsync<CorruptDataException>().WithMessage($"*{path}*");
        }
    }

    private static FeatureView View { get; } = FeatureView.Define("v").Key("k1").EventTime("at")
        .Aggregate("delay", [AggregateFunction.Count, AggregateFunction.Sum], windows: FeatureWindow.Days(1)).LastValue("level").Build();

    private static PushRecord Push(ViewPlan plan, int offset) =>
        new("source", offset, RowBatchReader.Read(plan, RawRow.Frame([new RawRow("A", "", offset * 1_000_000L, null, offset, true, offset)])));

    private static float Count(OnlineView online)
    {
        var values = new float[3];
        online.State!.Read(online.State.Find("A"), 60_000_000, online.State.Program([0, 1, 2]), values);
        values[1].Should().Be(39 * 40 / 2);
        values[2].Should().Be(39);
        return values[0];
    }
}
