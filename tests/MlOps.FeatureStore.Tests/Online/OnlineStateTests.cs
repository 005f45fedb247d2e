namespace MlOps.Features.Tests;

public sealed class OnlineStateTests
{
    private const long Hour = 3_600_000_000;
    private static readonly long Start = Timestamp.Utc(2001, 1, 1).Microseconds;

    private static FeatureView Typed { get; } = FeatureView.Define("typed").Key("k1").EventTime("at").AvailableAt("known")
        .Aggregate("delay", [AggregateFunction.Sum, FeatureAggregate.Quantile(0.5), FeatureAggregate.LastN(2)], scale: 1, windows: [FeatureWindow.Hours(1), FeatureWindow.Lifetime])
        .Aggregate("label", [FeatureAggregate.DistinctCount(16)], windows: FeatureWindow.Hours(1))
        .LastValue("label", TimeSpan.FromHours(2), "text", DataType.String).LastValue("number", null, "integer", DataType.Int64).LastValue("late", null, "flag", DataType.Boolean).LastValue("seen", null, "moment", DataType.Timestamp)
        .Build();

    private static FeatureView Expiring { get; } = FeatureView.Define("expiring").Key("k1").EventTime("at")
        .Aggregate("delay", [AggregateFunction.Count, AggregateFunction.Max, FeatureAggregate.DistinctCount(16)], windows: FeatureWindow.Hours(1)).LastValue("label", TimeSpan.FromHours(2), "text", DataType.String).Build();

    [Fact]
    public async Task TypedFeatures_AreReadAsTheyWerePushed_BeforeAndAfterARestart()
    {
        var files = new MemoryFiles();
        RawRow[] rows = [new("A", "", Start, null, 4, true, null, "first", 7), new("A", "", Start + 1, null, 6, null, null, "\uD800 broken \uDC00", null), new("B\uD800", "", Start, null, 1, false, null, null, long.MinValue)];
        for (var opened = 0; opened < 3; opened++)
        {
            using var online = Open(files, Typed, new FeatureStoreOptions { SnapshotLogBytes = opened == 0 ? 1 << 20 : 1 });
            await online.OpenAsync(default);
            if (opened < 2)
                await online.PushAsync(Push(Typed, opened, opened == 0 ? rows : [rows[2] with { Event = Start - 1 }]), default);
            var values = Read(online, "A", Start + 10);
            values.Select(value => value.ToObject()).Should().Equal(10f, 4f, 6f, 4f, 10f, 4f, 6f, 4f, 2f, "\uD800 broken \uDC00", null, null, null);
            values[9].Type.Should().Be(DataType.String);
            values[10].Should().Be(FeatureValue.None(DataType.Int64));
            var other = Read(online, "B\uD800", Start + 10);
            other[9].HasValue.Should().BeFalse();
            other[10].ToInt64().Should().Be(long.MinValue);
            other[11].ToBoolean().Should().BeFalse();
            other[11].HasValue.Should().BeTrue();
            other[12].ToTimestamp().Microseconds.Should().Be(long.MinValue);
            Read(online, "A", Start + (3 * Hour))[9].HasValue.Should().BeFalse("the text's time to live is over");
            Read(online, "nobody", Start)[8].ToObject().Should().Be(0f);
        }
    }

    [Fact]
    public void Reads_OfEveryKindOfFeature_AllocateNothing()
    {
        var state = new OnlineState(Typed.Plan, new FeatureStoreOptions { SettlingRows = 1 }, TimeProvider.System);
        state.Apply(Batch(Typed, [.. Enumerable.Range(0, 500).Select(i => new RawRow("A", "", Start + (i * 60_000_000L), Start + (i * 60_000_000L) + (i % 7 * 1_000_000), i, true, null, $"label {i % 50}", i))]));
        var program = state.Program([.. Enumerable.Range(0, Typed.FeatureNames.Count)]);
        var values = new FeatureValue[program.Length];
        var floats = new float[program.Length];
        long Measure(int reads)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < reads; i++)
            {
                state.Read(0, Start + (499 * 60_000_000L) - (i % 2 * 1_000_000), program, values);
                state.Read(0, Start + (600 * 60_000_000L), program, floats);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Measure(50);
        // The pool that scratch is rented from may be trimmed between: the least of several attempts counts.
        Enumerable.Range(0, 5).Min(_ => Measure(200)).Should().Be(0);
        values[8].ToDouble().Should().BeInRange(35, 65, "the hour holds 50 labels");
    }

    [Fact]
    public async Task Stress_BesideAWriter_ReadsNothingTorn()
    {
        var (reads, rows, torn) = await OnlineStress.RunAsync(TimeSpan.FromSeconds(2), 1, default);
        torn.Should().Be(0);
        reads.Should().BeGreaterThan(100);
        rows.Should().BeGreaterThan(100);
    }

    [Fact]
    public async Task Erase_LeavesNothingInAnyFile_AndCountsFromZeroAfterwards()
    {
        var files = new MemoryFiles();
        var options = new FeatureStoreOptions { SnapshotLogBytes = 300 };
        var online = Open(files, Typed, options);
        for (var offset = 0; offset < 10; offset++)
            await online.PushAsync(Push(Typed, offset, [new("secret-key", "", Start + offset, null, 4711, true, null, "secret text", 99), new("other", "", Start + offset, null, 1, true, null, "public", 1)]), default);
        (await online.EraseAsync(["secret-key"], default)).Should().BeTrue();
        foreach (var path in files.ListFiles("/o"))
        {
            var bytes = files.Bytes(path).AsSpan();
            bytes.IndexOf("secret"u8).Should().Be(-1, path);
            bytes.IndexOf(BitConverter.GetBytes(4711L)).Should().Be(-1, path);
        }

        for (var opened = 0; opened < 2; opened++)
        {
            Read(online, "secret-key", Start + 20).Should().Equal(Read(online, "never seen", Start + 20));
            Read(online, "other", Start + 20)[0].ToDouble().Should().Be(10);
            online.Dispose();
            online = Open(files, Typed, options);
            await online.OpenAsync(default);
        }

        (await online.PushAsync(Push(Typed, 3, [new("secret-key", "", Start, null, 1, true, null, null, null)]), default)).Should().BeFalse("its source had brought that offset");
        await online.PushAsync(Push(Typed, 10, [new("secret-key", "", Start + 20, null, 5, true, null, null, null)]), default);
        Read(online, "secret-key", Start + 20)[0].ToDouble().Should().Be(5);
        (await online.EraseAsync(["nobody"], default)).Should().BeFalse();
        var wrong = async () => await online.EraseAsync(["a", "b"], default);
        await wrong.Should().ThrowAsync<InvalidInputException>().WithMessage("*1 key(s) (k1); 2*");
        online.Dispose();
    }

    [Fact]
    public async Task Erase_WithAPowerCutAtEveryOperation_HappensOrNot_AndIsDoneByRepeatingIt()
    {
        for (var cut = 1; cut < 30; cut++)
        {
            var files = new MemoryFiles();
            var online = Open(files, Typed, new FeatureStoreOptions());
            await online.PushAsync(Push(Typed, 0, [new("secret", "", Start, null, 3, true, null, null, null), new("other", "", Start, null, 3, true, null, null, null)]), default);
            files.CrashAt = files.Operations + cut;
            var isAcknowledged = false;
            try
            {
                isAcknowledged = await online.EraseAsync(["secret"], default);
            }
            catch (StorageException)
            {
            }

            online.Dispose();
            files.Restart(new Random(cut));
            using var again = Open(files, Typed, new FeatureStoreOptions());
            await again.OpenAsync(default);
            Read(again, "other", Start)[0].ToDouble().Should().Be(3);
            var sum = Read(again, "secret", Start)[0].ToDouble();
            sum.Should().BeOneOf(isAcknowledged ? [0d] : [0d, 3d]);
            await again.EraseAsync(["secret"], default);
            foreach (var path in files.ListFiles("/o"))
                files.Bytes(path).AsSpan().IndexOf("secret"u8).Should().Be(-1);
        }
    }

    [Fact]
    public async Task MemoryBound_DropsWhatNobodyCanAskFor_ThenRefuses()
    {
        var files = new MemoryFiles();
        var options = new FeatureStoreOptions { OnlineMemoryBytes = 120_000, ReadLag = TimeSpan.Zero, SettlingRows = 1 };
        using var online = Open(files, Expiring, options);
        await online.OpenAsync(default);
        int taken = 0, offset = 0;
        QuotaExceededException? refusal = null;
        while (refusal is null)
        {
            try
            {
                await online.PushAsync(Push(Expiring, offset++, [.. Enumerable.Range(taken, 20).Select(i => new RawRow($"entity {i}", "", Start, null, 1, null, null, "text"))]), default);
                taken += 20;
            }
            catch (QuotaExceededException error)
            {
                refusal = error;
            }
        }

        refusal.Message.Should().Contain("OnlineMemoryBytes").And.Contain("EvictOldest");
        taken.Should().BeGreaterThan(60);
        online.RefusedRows.Should().Be(20);
        online.State!.LiveBytes.Should().BeLessThanOrEqualTo(120_000);
        Read(online, "entity 0", Start)[0].ToDouble().Should().Be(1, "a refused push changes nothing");
        // The refused offset can be delivered again, and is, once time has left the others behind.
        var later = Start + (3 * Hour);
        for (var more = 0; more < taken; more += 20)
            (await online.PushAsync(Push(Expiring, offset++, [.. Enumerable.Range(0, 20).Select(i => new RawRow($"later {more + i}", "", later, null, 1, null, null, "text"))]), default)).Should().BeTrue();
        online.State.DroppedEntities.Should().BeGreaterThan(0);
        online.State.EvictedEntities.Should().Be(0);
        Read(online, "entity 0", later).Should().Equal(Read(online, "never seen", later));
        Read(online, "later 0", later)[0].ToDouble().Should().Be(1);
    }

    [Fact]
    public async Task MemoryBound_WithEviction_KeepsTheEntitiesHeardOfLast()
    {
        var options = new FeatureStoreOptions { OnlineMemoryBytes = 200_000, OnlineMemoryPolicy = OnlineMemoryPolicy.EvictOldest, SnapshotLogBytes = 20_000 };
        var files = new MemoryFiles();
        using (var online = Open(files, Expiring, options))
        {
            for (var offset = 0; offset < 200; offset++)
                await online.PushAsync(Push(Expiring, offset, [.. Enumerable.Range(0, 10).Select(i => new RawRow($"entity {(offset * 10) + i}", "", Start + offset, null, 1, null, null, $"text {i}"))]), default);
            online.State!.EvictedEntities.Should().BeGreaterThan(0);
            online.State.LiveBytes.Should().BeLessThanOrEqualTo(200_000);
            online.State.MemoryBytes.Should().BeLessThan(400_000, "blocks of evicted entities are used again");
            Read(online, "entity 1999", Start + 1000)[0].ToDouble().Should().Be(1);
            Read(online, "entity 0", Start + 1000)[0].ToDouble().Should().Be(0);
        }

        using var again = Open(files, Expiring, options);
        await again.OpenAsync(default);
        again.State!.LiveBytes.Should().BeLessThanOrEqualTo(200_000);
        Read(again, "entity 1999", Start + 1000)[0].ToDouble().Should().Be(1);
    }

    [Fact]
    public async Task UpsertRow_ReplacesItsEqual_AndOneThatCannotIsCounted()
    {
        var view = FeatureView.Define("upsert").Key("k1").EventTime("at").AvailableAt("known").Upsert().Aggregate("delay", [AggregateFunction.Sum, AggregateFunction.Max, AggregateFunction.Variance], scale: 1, windows: FeatureWindow.Days(1)).Build();
        using var online = Open(new MemoryFiles(), view, new FeatureStoreOptions { ReadLag = TimeSpan.Zero, SettlingRows = 1 });
        await online.PushAsync(Push(view, 0, [new("A", "", Start, Start, 9, null, null), new("A", "", Start + 1, Start + 1, 1, null, null)]), default);
        await online.PushAsync(Push(view, 1, [new("A", "", Start, Start, 4, null, null)]), default);
        Read(online, "A", Start + 10).Select(value => value.ToDouble()).Should().Equal(5, 4, 2.25);
        await online.PushAsync(Push(view, 2, [.. Enumerable.Range(2, 40).Select(i => new RawRow("A", "", Start + i, Start + i, 1, null, null))]), default);
        await online.PushAsync(Push(view, 3, [new("A", "", Start + 1, Start + 1, 100, null, null)]), default);
        online.State!.UnreplaceableRows.Should().Be(1);
        Read(online, "A", Start + 100).Select(value => value.ToDouble()).Take(2).Should().Equal(45, 4);
    }

    [Fact]
    public async Task Materialisation_CutOffAnywhere_GoesOnWhereItWas_AndSaysHowFarItIs()
    {
        var random = new Random(3);
        var rows = Enumerable.Range(0, 6_000).Select(i => new RawRow($"entity {i % 3_000}", "", Start + (i * 1_000_000L), null, i % 10, true, null, "x", i)).ToList();
        var expected = new OnlineState(Typed.Plan, new FeatureStoreOptions(), TimeProvider.System);
        expected.Apply(Batch(Typed, rows));
        var files = new MemoryFiles();
        var options = new FeatureStoreOptions { MaterializeCommitRows = 1_000 };
        var told = new List<MaterializeProgress>();
        var resumed = 0;
        var results = new List<long>();
        for (var attempt = 0; attempt < 20; attempt++)
        {
            var online = Open(files, Typed, options);
            await online.OpenAsync(default);
            resumed += online.Checkpoint!.Pending is null ? 0 : 1;
            files.CrashAt = attempt < 18 && attempt != 4 ? files.Operations + 3 + (attempt * 2) : int.MaxValue;
            using var stop = new CancellationTokenSource();
            try
            {
                var result = await online.MaterializeAsync(
                    new ListHistory(Typed, rows, [.. rows.Select(_ => 1L)]), Start + (10_000 * 1_000_000L),
                    new MaterializeOptions { Progress = new Told(progress => { told.Add(progress); if (attempt == 4 && progress.Entities > 1_000) stop.Cancel(); }) }, stop.Token);
                results.Add(result.Rows);
            }
            catch (Exception error) when (error is StorageException or OperationCanceledException)
            {
            }

            online.Dispose();
            files.Restart(random);
        }

        told.Should().Contain(progress => progress.Share > 0 && progress.Share < 1).And.Contain(progress => progress.Share == 1 && progress.View == "typed");
        resumed.Should().BeGreaterThan(0);
        results.Should().OnlyContain(brought => brought < 6_000, "an attempt that goes on does not begin anew");
        results[^1].Should().Be(0, "what is online is not brought again");
        using var last = Open(files, Typed, options);
        await last.OpenAsync(default);
        var at = Start + (7_000 * 1_000_000L);
        var program = expected.Program([.. Enumerable.Range(0, Typed.FeatureNames.Count)]);
        var (actual, wanted) = (new FeatureValue[program.Length], new FeatureValue[program.Length]);
        for (var entity = 0; entity < 3_000; entity += 7)
        {
            last.State!.Read(last.State.Find($"entity {entity}"), at, program, actual);
            expected.Read(expected.Find($"entity {entity}"), at, program, wanted);
            actual.Should().Equal(wanted);
        }
    }

    [Fact]
    public async Task ManyEntities_ReadAtOnce_AreAsReadOneByOne()
    {
        var view = Many;
        using var online = Open(new MemoryFiles(), view, new FeatureStoreOptions());
        await online.PushAsync(Push(view, 0, [.. Enumerable.Range(0, 5_000).Select(i => new RawRow($"entity {i}", "", Start, null, i, null, i))]), default);
        var source = new FeatureVectorSource("many", ["k1"], view.FeatureNames, [new FeatureVectorSource.Part(online, [0], [0, 1, 2], 0)]);
        var keys = Enumerable.Range(0, 101).Select(i => $"entity {i * 61}").ToArray();
        var (many, one) = (new float[303], new float[3]);
        await source.ReadManyAsync(keys, new Timestamp(Start), many);
        for (var i = 0; i < keys.Length; i++)
        {
            await source.ReadAsync(keys.AsMemory(i, 1), new Timestamp(Start), one);
            many.AsSpan(i * 3, 3).SequenceEqual(one).Should().BeTrue();
        }

        many[0].Should().Be(1);
        var small = async () => await source.ReadManyAsync(keys, new Timestamp(Start), one);
        await small.Should().ThrowAsync<InvalidInputException>().WithMessage("*303 features*room for 3*");
    }

    [Fact]
    public async Task ReadsByKey_OfOneAndOfMany_AllocateNothing()
    {
        var view = Many;
        using var online = Open(new MemoryFiles(), view, new FeatureStoreOptions());
        await online.PushAsync(Push(view, 0, [.. Enumerable.Range(0, 5_000).Select(i => new RawRow($"entity {i}", "", Start, null, i, null, i))]), default);
        var source = new FeatureVectorSource("many", ["k1"], view.FeatureNames, [new FeatureVectorSource.Part(online, [0], [0, 1, 2], 0)]);
        // Some of them are unknown.
        var keys = Enumerable.Range(0, 101).Select(i => $"entity {i * 61}").ToArray();
        var values = new float[303];
        long Measure(int reads)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < reads; i++)
            {
                if (!source.ReadManyAsync(keys, new Timestamp(Start), values).IsCompletedSuccessfully || !source.ReadAsync(keys.AsMemory(i % 101, 1), new Timestamp(Start), values).IsCompletedSuccessfully)
                    return -1;
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Measure(50);
        Enumerable.Range(0, 5).Min(_ => Measure(200)).Should().Be(0);
    }

    private static FeatureView Many { get; } = FeatureView.Define("many").Key("k1").EventTime("at").Aggregate("delay", [AggregateFunction.Count, AggregateFunction.Sum], windows: FeatureWindow.Hours(1)).LastValue("level").Build();

    private static OnlineView Open(MemoryFiles files, FeatureView view, FeatureStoreOptions options) => new(files, "/o", view.Plan, options, TimeProvider.System);

    private static RowBatch Batch(FeatureView view, IReadOnlyList<RawRow> rows) => RowBatchReader.Read(view.Plan, RawRow.Frame(rows));

    private static PushRecord Push(FeatureView view, long offset, IReadOnlyList<RawRow> rows) => new("source", offset, Batch(view, rows));

    private static FeatureValue[] Read(OnlineView online, string key, long at)
    {
        var values = new FeatureValue[online.Plan.Features.Length];
        online.State!.Read(online.State.Find(key), at, online.State.Program([.. Enumerable.Range(0, values.Length)]), values);
        return values;
    }

    private sealed class Told(Action<MaterializeProgress> tell) : IProgress<MaterializeProgress>
    {
        public void Report(MaterializeProgress value) => tell(value);
    }
}
