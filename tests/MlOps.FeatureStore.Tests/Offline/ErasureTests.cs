using System.Text;

namespace MlOps.Features.Tests;

public sealed class ErasureTests
{
    private const string Person = "person-7f3a-Zoë";

    [Fact]
    public async Task Erase_AfterMergesAndRestarts_LeavesNoByteOfTheKeyInAnyFile()
    {
        await using var open = new OpenStore([Events.View()], [Events.Service], new FeatureStoreOptions { MaxSegments = 4 });
        var store = open.Store;
        var others = Events.Spine(Events.Start);
        for (var batch = 0; batch < 12; batch++)
            await store.IngestAsync("events", Events.Rows(100, batch, Events.Start, Person), $"b{batch}");
        await store.Offline.CompactAsync("events");
        await store.IngestAsync("events", Events.Rows(5, 100, Events.Start), "without");
        var before = Timestamp.From(open.Environment.Clock.GetUtcNow());
        var digest = await Events.DigestAsync(store, others);
        (await CountAsync(store)).Should().BeGreaterThan(100);
        Holders(open).Should().NotBeEmpty("the scan finds what is there");

        await store.EraseAsync("events", [Person]);
        Holders(open).Should().BeEmpty();
        (await CountAsync(store)).Should().Be(0);
        (await CountAsync(store, before)).Should().Be(0, "it is gone at every moment");
        (await Events.DigestAsync(store, others)).Should().Be(digest, "others are as they were");
        (await store.Offline.VerifyAsync("events")).IsSound.Should().BeTrue();

        store = await open.ReopenAsync();
        Holders(open).Should().BeEmpty();
        await store.IngestAsync("events", Events.Rows(40, 200, Events.Start, Person), "later");
        (await CountAsync(store)).Should().BeGreaterThan(0, "rows that come later count again");
        await store.Offline.CompactAsync("events", whole: true);
        (await CountAsync(store)).Should().BeGreaterThan(0);
    }

    [Fact]
    public async Task Erase_OfTheOnlyEntityOfASegment_RemovesTheFile()
    {
        await using var open = new OpenStore([Events.View()], [Events.Service]);
        var rows = Events.Rows(10, 1, Events.Start);
        await open.Store.IngestAsync("events", rows.With(DataColumn.Create("who", Enumerable.Repeat(Person, 10).ToArray())), "b1");
        await open.Store.EraseAsync("events", [Person]);
        Directory.GetFiles(open.Folder, "*.seg", SearchOption.AllDirectories).Should().BeEmpty();
        (await open.Store.GetStatusAsync("events")).Segments.Should().Be(0);
        await open.Store.EraseAsync("events", [Person]);
        await open.Store.EraseAsync("events", ["nobody"]);
    }

    [Fact]
    public async Task Erase_OfAKeyOfTheWrongShape_SaysWhichKeyTheViewHas()
    {
        await using var open = new OpenStore();
        var erase = async () => await open.Store.EraseAsync("route", ["A1"]);
        await erase.Should().ThrowAsync<InvalidInputException>().WithMessage("*'route'*(origin, destination)*1 part*");
    }

    [Fact]
    public async Task Erase_WithTheDiskFailingAtEveryOperation_HidesAtOnceAndFinishesWhenCalledAgain()
    {
        var failures = 0;
        for (var failAt = 1; ; failAt++)
        {
            var files = new MemoryFiles();
            await using var environment = new MlOps.Testing.TestEnvironment();
            var context = OtherFiles.With(environment.Context, files);
            var others = Events.Spine(Events.Start, 100);
            string digest;
            var isDone = false;
            using (var store = new FeatureStore(context, [Events.View()], [Events.Service], new FeatureStoreOptions()))
            {
                for (var batch = 0; batch < 3; batch++)
                    await store.IngestAsync("events", Events.Rows(40, batch, Events.Start, Person), $"b{batch}");
                digest = await Events.DigestAsync(store, others);
                files.CrashAt = files.Operations + failAt;
                try
                {
                    await store.EraseAsync("events", [Person]);
                    isDone = files.Operations < files.CrashAt;
                }
                catch (StorageException)
                {
                    failures++;
                }
            }

            files.Restart(new Random(failAt));
            environment.Clock.Advance(TimeSpan.FromHours(1));
            using (var again = new FeatureStore(context, [Events.View()], [Events.Service], new FeatureStoreOptions()))
            {
                (await CountAsync(again)).Should().Be(0, $"the mark came first, failure at {failAt}");
                (await Events.DigestAsync(again, others)).Should().Be(digest, $"failure at {failAt}");
                await again.EraseAsync("events", [Person]);
                (await Events.DigestAsync(again, others)).Should().Be(digest);
            }

            files.Restart(new Random(failAt));
            files.ListFiles(context.Directory, recursive: true).Where(path => Holds(files.Bytes(path))).Should().BeEmpty($"failure at {failAt}");
            if (isDone)
                break;
        }

        failures.Should().BeGreaterThan(10);
    }

    private static async Task<float> CountAsync(FeatureStore store, Timestamp? asOf = null)
    {
        var spine = new DataFrame(DataColumn.Create("who", new[] { Person }), DataColumn.Create("when", new[] { Events.Start + TimeSpan.FromHours(20) }));
        var frame = await store.GetTrainingFrameAsync(spine, "when", "events", new TrainingFrameOptions { StoreAsOf = asOf });
        return frame.Column<float>("events_amount_count_24h")[0];
    }

    private static string[] Holders(OpenStore open) =>
        [.. Directory.GetFiles(open.Environment.Directory, "*", SearchOption.AllDirectories).Where(path => Holds(ReadShared(path)))];

    // A merge in the background may take its file away between the listing and the reading.
    private static byte[] ReadShared(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var bytes = new MemoryStream();
            file.CopyTo(bytes);
            return bytes.ToArray();
        }
        catch (FileNotFoundException)
        {
            return [];
        }
    }

    private static bool Holds(byte[] bytes) => bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Person)) >= 0 || bytes.AsSpan().IndexOf(Encoding.Unicode.GetBytes(Person)) >= 0;
}
