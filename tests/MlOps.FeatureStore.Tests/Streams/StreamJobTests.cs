namespace MlOps.Features.Tests;

public sealed class StreamJobTests
{
    private static readonly Timestamp Later = new(Clicks.Start + 40_000 * Clicks.Second);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Job_OverACompleteStream_BringsAllRowsOnlineAndOffline(int partitions)
    {
        await using var open = Open();
        using var channel = FeatureChannel.Open("clicks", new FeatureChannelOptions { Partitions = partitions });
        var running = open.Store.Streams.RunAsync(Job(channel) with { LandRows = 500, PushRows = 64 });
        for (var n = 0; n < 2000; n += 100)
            await channel.WriteAsync(Clicks.View, Clicks.Rows(n, 100));
        channel.Complete();
        await running;

        (await open.Store.GetStatusAsync("clicks")).OfflineRows.Should().Be(2000);
        (await Clicks.CompareAsync(open.Store, Later)).Should().BePositive();
        open.Store.Streams.Running.Should().BeEmpty();
    }

    [Fact]
    public async Task Job_StoppedAndStartedAgain_GoesOnBehindTheLastRecord()
    {
        await using var open = Open();
        using var channel = FeatureChannel.Open("clicks");
        for (var n = 0; n < 5; n++)
        {
            await using var run = await open.Store.Streams.StartAsync(Job(channel));
            await channel.WriteAsync(Clicks.Rows(n * 30, 30));
            await run.StopAsync();
        }

        channel.Complete();
        await open.Store.Streams.RunAsync(Job(channel));
        (await open.Store.GetStatusAsync("clicks")).OfflineRows.Should().Be(150);
        await Clicks.CompareAsync(open.Store, Later);
    }

    [Fact]
    public async Task Job_WithoutLanding_LeavesTheOfflineStoreEmpty()
    {
        await using var open = Open();
        using var channel = FeatureChannel.Open("clicks");
        await channel.WriteAsync(Clicks.Rows(0, 50));
        channel.Complete();
        await open.Store.Streams.RunAsync(Job(channel) with { LandOffline = false });
        var status = await open.Store.GetStatusAsync("clicks");
        status.OfflineRows.Should().Be(0);
        status.OnlineEntities.Should().Be(7);
    }

    [Fact]
    public async Task Job_WithEventIds_CountsEachEventOnceAlsoAcrossARestart()
    {
        await using var open = Open();
        using var folder = new Testing.TemporaryDirectory();
        using var channel = FeatureChannel.Open("clicks", new FeatureChannelOptions { LogFolder = folder.Path });
        var job = Job(channel) with { EventIdColumn = "id", DuplicateWindow = 60, LandRows = 1 };
        long duplicates = 0;
        for (var n = 0; n < 10; n++)
        {
            await using var run = await open.Store.Streams.StartAsync(job);
            await channel.WriteAsync(Clicks.Rows(n * 20, 20));
            // The same events again, under new offsets.
            await channel.WriteAsync(Clicks.Rows(Math.Max(0, n * 20 - 5), 20));
            while ((await run.GetStatusAsync()).Partitions[0].Lag > 0)
                await Task.Yield();
            duplicates += (await run.GetStatusAsync()).Duplicates;
        }

        (await open.Store.GetStatusAsync("clicks")).OfflineRows.Should().Be(200);
        duplicates.Should().BeGreaterThan(190);
        await Clicks.CompareAsync(open.Store, Later);
    }

    [Fact]
    public async Task Job_WithBadRows_SetsTheirRecordsAsideAndGoesOn()
    {
        await using var open = Open();
        using var channel = FeatureChannel.Open("clicks");
        var bad = new DataFrame(
            DataColumn.FromText("user", "user-1", null, "user-2"),
            DataColumn.Create("at", [new Timestamp(Clicks.Start), new Timestamp(Clicks.Start), new Timestamp(long.MaxValue / 2)]),
            DataColumn.Create("amount", [1.0, 2.0, 3.0]),
            DataColumn.Create("id", ["a", "b", "c"]));
        await channel.WriteAsync(Clicks.Rows(0, 20));
        await channel.WriteAsync(bad);
        await channel.WriteAsync(Clicks.Rows(20, 20));
        await channel.WriteAsync(new DataFrame(DataColumn.Create("other", new[] { 1 })));
        await channel.WriteAsync(Clicks.Rows(40, 20));
        channel.Complete();
        await using var run = await open.Store.Streams.StartAsync(Job(channel));
        await run.Completion;

        var status = await run.GetStatusAsync();
        status.Poison.Should().Be(3);
        status.Partitions.Single().OnlineOffset.Should().Be(63);
        (await open.Store.GetStatusAsync("clicks")).OfflineRows.Should().Be(61);
        var letters = await File.ReadAllLinesAsync(Path.Combine(open.Folder, "streams", "job", "dead-letters.jsonl"));
        letters.Should().HaveCount(3);
        letters[0].Should().Contain("\"offset\":21").And.Contain("is null");
        letters[1].Should().Contain("\"offset\":22").And.Contain("1800 to 2262");
        letters[2].Should().Contain("\"offset\":43").And.Contain("lacks column");
    }

    [Fact]
    public async Task Job_WithTooManyBadRows_FailsAndGoesOnWhenTheLimitIsRaised()
    {
        await using var open = Open();
        using var channel = FeatureChannel.Open("clicks");
        await channel.WriteAsync(Clicks.Rows(0, 5));
        for (var i = 0; i < 4; i++)
            await channel.WriteAsync(new DataFrame(DataColumn.Create("other", new[] { i })));
        await channel.WriteAsync(Clicks.Rows(5, 5));
        channel.Complete();
        var set = new List<PoisonRecord>();
        var job = Job(channel) with { MaxPoison = 3, OnPoison = (record, _) => { set.Add(record); return default; } };
        var failing = async () => await open.Store.Streams.RunAsync(job);
        await failing.Should().ThrowAsync<InvalidInputException>().WithMessage("*'job' set 3 records aside*");
        set.Should().HaveCount(3);

        await open.Store.Streams.RunAsync(job with { MaxPoison = 10 });
        (await open.Store.GetStatusAsync("clicks")).OfflineRows.Should().Be(10);
        await Clicks.CompareAsync(open.Store, Later);
    }

    [Theory]
    [InlineData(LateRows.Apply)]
    [InlineData(LateRows.OfflineOnly)]
    public async Task Job_WithLateRows_CountsThemAndFollowsThePolicy(LateRows policy)
    {
        await using var open = Open();
        using var channel = FeatureChannel.Open("clicks");
        await channel.WriteAsync(Rows((0, 1), (600, 2), (590, 4), (60, 8), (539, 16), (540, 32)));
        channel.Complete();
        await using var run = await open.Store.Streams.StartAsync(Job(channel) with
        {
            LateRows = policy, MaxOutOfOrderness = TimeSpan.FromSeconds(10), AllowedLateness = TimeSpan.FromSeconds(50),
        });
        await run.Completion;

        // The watermark stands at 590 s: rows before 540 s are late.
        var status = await run.GetStatusAsync();
        status.LateRows.Should().Be(2);
        status.Rows.Should().Be(policy == LateRows.Apply ? 6 : 4);
        status.Watermark.Should().Be(new Timestamp(Clicks.Start + 590 * Clicks.Second));
        (await open.Store.GetStatusAsync("clicks")).OfflineRows.Should().Be(6);
        var source = await open.Store.GetVectorSourceAsync("clicks");
        var values = new float[source.FeatureNames.Count];
        await source.ReadAsync(new[] { "user-0" }, new Timestamp(Clicks.Start + 700 * Clicks.Second), values);
        values[1].Should().Be(policy == LateRows.Apply ? 63 : 39);
    }

    [Fact]
    public async Task Watermark_WithAnIdlePartition_MovesOnWithTheClock()
    {
        await using var open = Open();
        using var channel = FeatureChannel.Open("clicks", new FeatureChannelOptions { Partitions = 2 });
        await using var run = await open.Store.Streams.StartAsync(Job(channel) with { IdleAfter = TimeSpan.FromSeconds(30), LandRows = 1 });
        await channel.WriteAsync(Rows((100, 1)), 0);
        await run.ReachAsync("0", 0);
        (await run.GetStatusAsync()).Watermark.Should().BeNull("partition 1 may still bring anything");

        await channel.WriteAsync(Rows((50, 1)), 1);
        await run.ReachAsync("1", 0);
        (await run.GetStatusAsync()).Watermark.Should().Be(new Timestamp(Clicks.Start + 50 * Clicks.Second));

        var before = (await run.GetStatusAsync()).Watermark!.Value;
        open.Environment.Clock.Advance(TimeSpan.FromSeconds(70));
        var status = await run.GetStatusAsync();
        status.Partitions.Should().OnlyContain(partition => partition.IsIdle);
        (status.Watermark!.Value - before).Should().Be(TimeSpan.FromSeconds(40));
    }

    [Fact]
    public async Task Job_Paused_AppliesNothingUntilItIsResumed()
    {
        await using var open = Open();
        using var channel = FeatureChannel.Open("clicks");
        await using var run = await open.Store.Streams.StartAsync(Job(channel) with { LandOffline = false });
        await channel.WriteAsync(Clicks.Rows(0, 10));
        await run.ReachAsync("0", 9);
        run.Pause();
        (await run.GetStatusAsync()).State.Should().Be(StreamJobState.Paused);
        await channel.WriteAsync(Clicks.Rows(10, 10));
        var reached = run.ReachAsync("0", 19);
        (await run.GetStatusAsync()).Rows.Should().Be(10);
        reached.IsCompleted.Should().BeFalse();
        run.Resume();
        await reached.WaitAsync(TimeSpan.FromSeconds(30));
        (await run.GetStatusAsync()).Rows.Should().Be(20);
        await run.StopAsync();
        (await run.GetStatusAsync()).State.Should().Be(StreamJobState.Stopped);
    }

    [Fact]
    public async Task Writers_OfAFullStream_WaitForTheJob()
    {
        await using var open = Open();
        using var channel = FeatureChannel.Open("clicks", new FeatureChannelOptions { Capacity = 20 });
        await channel.WriteAsync(Clicks.Rows(0, 15));
        var waiting = channel.WriteAsync(Clicks.Rows(15, 15)).AsTask();
        waiting.IsCompleted.Should().BeFalse();
        await using var run = await open.Store.Streams.StartAsync(Job(channel) with { LandOffline = false });
        (await waiting.WaitAsync(TimeSpan.FromSeconds(30))).Should().Be(29);
        await run.ReachAsync("0", 29);
    }

    [Fact]
    public async Task Job_WithLittleRoomInFlight_LandsEarlyInsteadOfWaitingForEver()
    {
        await using var open = Open();
        using var channel = FeatureChannel.Open("clicks");
        for (var n = 0; n < 300; n += 10)
            await channel.WriteAsync(Clicks.Rows(n, 10));
        channel.Complete();
        await open.Store.Streams.RunAsync(Job(channel) with { RowsInFlight = 25, LandRows = 100 }).WaitAsync(TimeSpan.FromSeconds(30));
        (await open.Store.GetStatusAsync("clicks")).OfflineRows.Should().Be(300);
    }

    [Fact]
    public async Task Rebuild_WhileRowsHaveNotLanded_IsRefused()
    {
        await using var open = Open();
        using var channel = FeatureChannel.Open("clicks");
        await using var run = await open.Store.Streams.StartAsync(Job(channel) with { LandEvery = TimeSpan.FromHours(1) });
        await channel.WriteAsync(Clicks.Rows(0, 10));
        while ((await run.GetStatusAsync()).Rows < 10)
            await Task.Yield();
        var rebuilding = async () => await open.Store.MaterializeAsync("clicks", Later, new MaterializeOptions { Rebuild = true });
        await rebuilding.Should().ThrowAsync<InvalidInputException>().WithMessage("*stream job 'job'*Stop the job*");
        await run.StopAsync();
        await open.Store.MaterializeAsync("clicks", Later, new MaterializeOptions { Rebuild = true });
        await Clicks.CompareAsync(open.Store, Later);
    }

    [Fact]
    public async Task Start_OfAJobThatContradictsItself_NamesEveryMistake()
    {
        await using var open = Open();
        using var channel = FeatureChannel.Open("clicks");
        var starting = async () => await open.Store.Streams.StartAsync(Job(channel) with { LandOffline = false, LateRows = LateRows.OfflineOnly, PushRows = 0 });
        await starting.Should().ThrowAsync<InvalidDefinitionException>().WithMessage("*offline only*does not land*; 0 rows a push*");
        await using var run = await open.Store.Streams.StartAsync(Job(channel));
        var again = async () => await open.Store.Streams.StartAsync(Job(channel));
        await again.Should().ThrowAsync<InvalidDefinitionException>().WithMessage("*running already*");
    }

    [Fact]
    public async Task Start_WhenTheSourceNoLongerHasTheNextRecords_IsRefused()
    {
        await using var open = Open();
        await open.Store.Streams.RunAsync(Job(new ListSource([new ListSource.Delivery(0, Clicks.Rows(0, 10))])));
        var starting = async () => await open.Store.Streams.RunAsync(Job(new ListSource([new ListSource.Delivery(15, Clicks.Rows(15, 5))])));
        await starting.Should().ThrowAsync<StorageException>().WithMessage("*keeps records from 15 only*");
        var foreign = async () => await open.Store.Streams.RunAsync(Job(new ListSource([new ListSource.Delivery(0, Clicks.Rows(0, 2))])));
        await foreign.Should().ThrowAsync<StorageException>().WithMessage("*ends at 1*another stream*");
    }

    internal static OpenStore Open(IFileSystem? files = null, FeatureStoreOptions? options = null) => new([Clicks.View], [Clicks.Service], options, files);

    internal static StreamJob Job(IFeatureStreamSource source) => new() { Name = "job", View = "clicks", Source = source };

    private static DataFrame Rows(params (int Second, double Amount)[] rows) => new(
        DataColumn.Create("user", rows.Select(_ => "user-0").ToArray()),
        DataColumn.Create("at", rows.Select(row => new Timestamp(Clicks.Start + row.Second * Clicks.Second)).ToArray()),
        DataColumn.Create("amount", rows.Select(row => row.Amount).ToArray()));
}
