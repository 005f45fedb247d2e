using MlOps.Testing;

namespace MlOps.Features.Tests;

public sealed class SkewLogTests
{
    private static readonly Timestamp Now = Timestamp.Utc(2001, 1, 1);

    [Fact]
    public async Task Sampling_ByKeyHash_KeepsWholeKeysAtAboutTheRate()
    {
        await using var open = Open(new SkewAuditOptions { IsEnabled = true, SampleRate = 0.25, BufferedVectors = 100_000 });
        var source = await open.Store.GetVectorSourceAsync("service");
        for (var i = 0; i < 4000; i++)
            await source.ReadAsync(new[] { "K" + i % 400 }, Now + TimeSpan.FromSeconds(i), new float[1]);

        var report = await open.Store.Skew.AuditAsync("service", Now, Timestamp.MaxValue, new SkewComparison { Examples = 10_000 });

        // Ten requests of each key: all or none.
        (report.Vectors % 10).Should().Be(0);
        (report.Vectors / 10).Should().BeInRange(60, 140);
        open.Store.Skew.Status.Should().Be(new SkewLogStatus(true, report.Vectors, report.Vectors, 0, 0));
    }

    [Fact]
    public async Task Reads_KeysNotChosen_AllocateNothing()
    {
        await using var open = Open(new SkewAuditOptions { IsEnabled = true, SampleRate = 1e-9 });
        var source = await open.Store.GetVectorSourceAsync("service");
        Allocated(source, 1000);

        Allocated(source, 1000).Should().Be(0);
    }

    [Fact]
    public async Task Reads_EveryKeyChosenAndTheBufferFull_AllocateNothingAndAreCounted()
    {
        await using var open = Open(new SkewAuditOptions { IsEnabled = true, SampleRate = 1, BufferedVectors = 1 << 20 });
        var source = await open.Store.GetVectorSourceAsync("service");
        Allocated(source, 1000);

        Allocated(source, 1000).Should().Be(0);
        open.Store.Skew.Status.Logged.Should().Be(2000);
    }

    [Fact]
    public async Task Buffer_Full_DropsAndCounts()
    {
        var files = new MemoryFiles();
        await using var open = Open(new SkewAuditOptions { IsEnabled = true, SampleRate = 1, BufferedVectors = 8 }, files);
        var source = await open.Store.GetVectorSourceAsync("service");
        files.CrashAt = 0;
        for (var i = 0; i < 100; i++)
            await source.ReadAsync(new[] { "K" }, Now, new float[1]);

        // The disk is gone: whatever was handed over failed, what found no room was dropped, and every read was answered.
        var flush = async () => await open.Store.Skew.FlushAsync();
        try
        {
            await flush();
        }
        catch (StorageException)
        {
            // Vectors were waiting; else there is nothing to write.
        }

        var status = open.Store.Skew.Status;
        status.Written.Should().Be(0);
        (status.Logged + status.Dropped).Should().Be(100);
        files.CrashAt = int.MaxValue;
    }

    [Fact]
    public async Task Log_AfterARestart_HoldsWhatWasFlushedAndCutsATornFrame()
    {
        await using var open = Open(new SkewAuditOptions { IsEnabled = true, SampleRate = 1 });
        await AskAsync(open.Store, "A", "B", "C");
        await open.Store.Skew.FlushAsync();
        var path = Directory.GetFiles(Path.Combine(open.Folder, "skew", "service")).Single();
        var whole = await File.ReadAllBytesAsync(path);
        await File.WriteAllBytesAsync(path, [.. whole, .. whole[..(whole.Length / 2)]]);

        var store = await open.ReopenAsync();
        var report = await store.Skew.AuditAsync("service", Timestamp.MinValue, Timestamp.MaxValue);

        report.Vectors.Should().Be(3);
        report.DamagedFiles.Should().BeEmpty();
    }

    [Fact]
    public async Task Log_FlippedBit_IsNamedAndTheOtherFramesAreRead()
    {
        await using var open = Open(new SkewAuditOptions { IsEnabled = true, SampleRate = 1 });
        await AskAsync(open.Store, "A", "B");
        await open.Store.Skew.FlushAsync();
        await AskAsync(open.Store, "C", "D", "E");
        await open.Store.Skew.FlushAsync();
        var path = Directory.GetFiles(Path.Combine(open.Folder, "skew", "service")).Single();
        var bytes = await File.ReadAllBytesAsync(path);
        bytes[40] ^= 4;
        await File.WriteAllBytesAsync(path, bytes);

        var report = await open.Store.Skew.AuditAsync("service", Timestamp.MinValue, Timestamp.MaxValue);

        report.Vectors.Should().Be(3);
        report.DamagedFiles.Should().Equal(path);
    }

    [Fact]
    public async Task Erase_Entity_LeavesNoByteOfItsKey()
    {
        await using var open = Open(new SkewAuditOptions { IsEnabled = true, SampleRate = 1 });
        await AskAsync(open.Store, "keep-me", "forget-me", "keep-me", "forget-me");

        var erased = await open.Store.Skew.EraseAsync("view", ["forget-me"]);

        erased.Should().Be(2);
        foreach (var path in Directory.GetFiles(Path.Combine(open.Folder, "skew"), "*", SearchOption.AllDirectories))
            System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(path)).Should().NotContain("forget-me").And.Contain("keep-me");
        (await open.Store.Skew.AuditAsync("service", Timestamp.MinValue, Timestamp.MaxValue)).Vectors.Should().Be(2);
    }

    [Fact]
    public async Task Log_FilesBeyondRetentionAndSize_AreRemoved()
    {
        await using var open = Open(new SkewAuditOptions
        {
            IsEnabled = true, SampleRate = 1, FileAge = TimeSpan.FromHours(1), Retention = TimeSpan.FromHours(5), FileBytes = 4096, LogBytes = 1 << 20,
        });
        for (var hour = 0; hour < 24; hour++)
        {
            await AskAsync(open.Store, "A");
            await open.Store.Skew.FlushAsync();
            open.Environment.Clock.Advance(TimeSpan.FromHours(1));
        }

        Directory.GetFiles(Path.Combine(open.Folder, "skew", "service")).Length.Should().BeInRange(5, 8);
    }

    [Fact]
    public async Task Log_Off_WritesNothing()
    {
        await using var open = Open(new SkewAuditOptions());
        await AskAsync(open.Store, "A");

        (await open.Store.Skew.AuditAsync("service", Timestamp.MinValue, Timestamp.MaxValue)).Verdict.Should().Be(SkewVerdict.NothingCompared);
        Directory.Exists(Path.Combine(open.Folder, "skew")).Should().BeFalse();
    }

    [Fact]
    public async Task Watch_SourceOfTheHost_SilencesTheStoresOwn()
    {
        await using var open = Open(new SkewAuditOptions { IsEnabled = true, SampleRate = 1 });
        var source = await open.Store.GetVectorSourceAsync("service");
        var outer = open.Store.Skew.Watch("service", new FakeSource(source));

        await outer.ReadAsync(new[] { "A" }, Now, new float[1]);

        open.Store.Skew.Status.Logged.Should().Be(1);
    }

    [Fact]
    public async Task Watch_SourceWithOtherFeatures_IsRefused()
    {
        await using var open = Open(new SkewAuditOptions { IsEnabled = true });
        await using var other = new OpenStore(Flights.Views(), [Flights.Service]);
        var source = await other.Store.GetVectorSourceAsync("flight-delay");

        var watch = () => open.Store.Skew.Watch("service", source);

        watch.Should().Throw<InvalidInputException>().WithMessage("*service 'service'*names of the store's source*");
    }

    [Fact]
    public void Options_Wrong_AllAreNamed()
    {
        var open = Open(new SkewAuditOptions { SampleRate = 2, BufferedVectors = 0, Interval = TimeSpan.Zero, VectorsPerAudit = 0 });

        var skew = () => open.Store.Skew;

        skew.Should().Throw<InvalidDefinitionException>().WithMessage("*SampleRate is 2*BufferedVectors is 0*Interval*VectorsPerAudit is 0*");
    }

    [Fact]
    public async Task Audit_MoreVectorsThanAllowed_LeavesWholeKeysOut()
    {
        await using var open = Open(new SkewAuditOptions { IsEnabled = true, SampleRate = 1, BufferedVectors = 10_000, VectorsPerAudit = 300 });
        var source = await open.Store.GetVectorSourceAsync("service");
        for (var i = 0; i < 1000; i++)
            await source.ReadAsync(new[] { "K" + i % 100 }, Now + TimeSpan.FromSeconds(i), new float[1]);

        var report = await open.Store.Skew.AuditAsync("service", Timestamp.MinValue, Timestamp.MaxValue);

        report.Vectors.Should().BeInRange(10, 300);
        (report.Vectors % 10).Should().Be(0);
        report.Thinned.Should().Be(1000 - report.Vectors);
    }

    private static long Allocated(IFeatureVectorSource source, int reads)
    {
        string[] keys = ["K1"];
        var values = new float[1];
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < reads; i++)
            _ = source.ReadAsync(keys, Now, values).IsCompletedSuccessfully;
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static async Task AskAsync(FeatureStore store, params string[] keys)
    {
        var source = await store.GetVectorSourceAsync("service");
        foreach (var key in keys)
            await source.ReadAsync(new[] { key }, Now, new float[1]);
    }

    private static OpenStore Open(SkewAuditOptions options, IFileSystem? files = null) => new(
        [FeatureView.Define("view").Key("key").EventTime("at").LastValue("value").Build()], [FeatureService.Define("service").View("view").Build()],
        new FeatureStoreOptions { SkewAudit = options }, files);
}
