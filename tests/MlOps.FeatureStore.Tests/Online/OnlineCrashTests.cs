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
        .Aggregate("delay", [AggregateFunction.Count, AggregateFunction.Sum, AggregateFunction.Min, AggregateFunction.Max, AggregateFunction.StandardDeviation, FeatureAggregate.Quantile(0.9), FeatureAggregate.LastN(3)], windows: [FeatureWindow.Days(1), FeatureWindow.Lifetime])
        .Aggregate("label", [FeatureAggregate.DistinctCount(16)], windows: FeatureWindow.Days(1)).LastValue("level").LastValue("label", null, "text", DataType.String).LastValue("number", null, "integer", DataType.Int64).Build();

    private static PushRecord Push(ViewPlan plan, int offset) =>
        new("source", offset, RowBatchReader.Read(plan, RawRow.Frame([new RawRow("A", "", offset * 1_000_000L, null, offset, true, offset, $"label {offset % 30}", offset)])));

    // Every feature is as without a crash; the count.
    private static float Count(OnlineView online)
    {
        var whole = online.EmptyState();
        for (var offset = 0; offset < 40; offset++)
            whole.Apply(Push(View.Plan, offset).Rows);
        var program = whole.Program([.. Enumerable.Range(0, View.FeatureNames.Count)]);
        var (values, expected) = (new FeatureValue[program.Length], new FeatureValue[program.Length]);
        online.State!.Read(online.State.Find("A"), 60_000_000, program, values);
        whole.Read(whole.Find("A"), 60_000_000, program, expected);
        values.Should().Equal(expected);
        return values[0].ToSingle();
    }
}
