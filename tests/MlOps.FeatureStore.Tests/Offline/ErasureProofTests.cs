using System.Text;

namespace MlOps.Features.Tests;

/// <summary>Everything that keeps something of an entity at once; after an erasure, a scan of every file of the environment finds nothing of it.</summary>
public sealed class ErasureProofTests
{
    private const string Person = "person-9e41-Zoë";
    private const string Secret = "secret-5d2c-Åse";
    private static readonly Timestamp Now = Events.Start + TimeSpan.FromHours(30);

    [Fact]
    public async Task Erase_WithEverythingSwitchedOn_LeavesNoByteOfKeyOrValueInAnyFile()
    {
        var options = new FeatureStoreOptions { ClockTolerance = TimeSpan.FromDays(365_000), SkewAudit = new SkewAuditOptions { IsEnabled = true, SampleRate = 1 } };
        var derived = FeatureView.Define("derived").Key("who").EventTime("at").LastValue("label", type: DataType.String).Source("events", FeatureViewSource.View("events")).Build();
        await using var open = new OpenStore([CheckedView(), derived], [Events.Service, FeatureService.Define("numbers").View("events", ["amount_count_24h"]).Build()], options);
        var store = open.Store;
        for (var batch = 0; batch < 5; batch++)
            await store.IngestAsync("events", Rows(batch), $"b{batch}");
        await store.Offline.CompactAsync("events", whole: true);
        await store.IngestAsync("events", Rows(5), "b5");
        await store.Sources.RefreshAsync("derived");
        await store.MaterializeAsync("events", Now);
        await store.PushAsync("events", Rows(6), "topic", 1);
        await store.Catalogue.ComputeStatisticsAsync("events");
        await store.Catalogue.ComputeStatisticsAsync("derived");
        await store.Catalogue.ComputeStatisticsAsync("events");
        var hold = async () => await store.IngestAsync("events", Rows(7).With(DataColumn.Create("amount", Enumerable.Repeat(1e6, 40).ToArray())), "bad");
        await hold.Should().ThrowAsync<DataCheckException>();
        var source = await store.GetVectorSourceAsync("numbers");
        var values = new float[source.FeatureNames.Count];
        foreach (var who in new[] { Person, "K1" })
            await source.ReadAsync(new[] { who }, Now, values);
        await store.Skew.FlushAsync();
        await store.Skew.AuditAsync("numbers", Events.Start, Timestamp.MaxValue);
        var frame = await store.Frames.CreateAsync("training", Events.Spine(Events.Start, 300, Person), "when", "events");
        await store.Frames.CreateAsync("without", Events.Spine(Events.Start), "when", "events");
        await SetAsideAsync(store, "derived");

        string[] folders = ["offline", "online", "quarantine", "skew", "streams"];
        foreach (var folder in folders)
            Holders(open, Person).Should().Contain(path => path.Contains($"{Path.DirectorySeparatorChar}{folder}{Path.DirectorySeparatorChar}"), $"{folder} holds the key before");
        Holders(open, Secret).Should().Contain(path => path.Contains("metadata.db"), "statistics hold the value before").And.Contain(path => path.Contains("artifacts"));
        var others = Events.Spine(Events.Start);
        var digest = await Events.DigestAsync(store, others);
        await source.ReadAsync(new[] { "K1" }, Now, values);
        var online = values.ToArray();

        var report = await store.EraseAsync("events", [Person], new EraseOptions { DeleteFrames = true });
        report.Should().BeEquivalentTo(new { Views = new[] { "events", "derived" }, QuarantinedBatches = 1, LoggedVectors = 1, DeadLetters = 1, OtherViews = Array.Empty<string>(), OtherVersions = Array.Empty<string>() });
        report.Frames.Should().ContainSingle().Which.Digest.Should().Be(frame.Digest);
        // The bytes of artifacts go with a collection, as a host runs it.
        open.Environment.Clock.Advance(TimeSpan.FromDays(3));
        var roots = new TrainingFrameRoots(open.Environment.Context);
        await open.Environment.Context.Artifacts.CollectAsync((artifact, token) => roots.IsReachableAsync(artifact, token), DateTimeOffset.MaxValue);
        Holders(open, Person).Should().BeEmpty();
        Holders(open, Secret).Should().BeEmpty();
        (await Events.DigestAsync(store, others)).Should().Be(digest, "others are as they were");
        await source.ReadAsync(new[] { "K1" }, Now, values);
        values.Should().Equal(online);
        await source.ReadAsync(new[] { Person }, Now, values);
        values.Should().OnlyContain(value => value == 0 || float.IsNaN(value));
        store.Skew.LastReports.Should().BeEmpty("reports show values");
        (await store.Frames.ListAsync()).Select(kept => kept.Name).Should().Equal("without");

        store = await open.ReopenAsync();
        await store.Sources.RefreshAsync("derived");
        await store.Offline.CompactAsync("events", whole: true);
        Holders(open, Person).Should().BeEmpty();
        Holders(open, Secret).Should().BeEmpty();
        (await Events.DigestAsync(store, others)).Should().Be(digest);
    }

    [Fact]
    public async Task Erase_WithoutDeletingFrames_NamesThoseThatHoldTheEntity()
    {
        await using var open = new OpenStore([Events.View()], [Events.Service]);
        await open.Store.IngestAsync("events", Rows(1), "b1");
        var frame = await open.Store.Frames.CreateAsync("training", Events.Spine(Events.Start, 300, Person), "when", "events");
        await open.Store.Frames.CreateAsync("without", Events.Spine(Events.Start), "when", "events");
        (await open.Store.EraseAsync("events", [Person])).Frames.Select(found => found.Digest).Should().Equal(frame.Digest);
        (await open.Store.Frames.ListAsync()).Should().HaveCount(2);
    }

    // A stream record that no view takes: its time is missing.
    private static async Task SetAsideAsync(FeatureStore store, string view)
    {
        var bad = new DataFrame(
            DataColumn.Create("who", new[] { Person, "K1" }), DataColumn.FromNullable("at", new Timestamp?[] { null, null }), DataColumn.FromText("label", [Secret, "x"]));
        await store.Streams.RunAsync(new StreamJob { Name = "job", View = view, Source = new ListSource([new ListSource.Delivery(0, bad)]) });
    }

    private static FeatureView CheckedView() => FeatureView.Define("events").Key("who").EventTime("at").AvailableAt("known")
        .Windows(FeatureWindow.Hours(1), FeatureWindow.Days(1))
        .Aggregate("amount", [AggregateFunction.Count, AggregateFunction.Sum, AggregateFunction.Max], scale: 100)
        .LastValue("amount", TimeSpan.FromDays(1), "last").LastValue("label", TimeSpan.FromDays(1), type: DataType.String)
        .Check(DataChecks.Define().Column("amount", column => column.AtMost(100_000))).Build();

    // The person's rows have a text of their own.
    private static DataFrame Rows(int seed)
    {
        var rows = Events.Rows(40, seed, Events.Start, Person);
        var who = rows.Column<string>("who").Span.ToArray();
        who[0] = Person;
        return rows.With(DataColumn.Create("who", who)).With(DataColumn.FromText("label", who.Select((name, i) => name == Person ? Secret : $"label {i}").ToArray()));
    }

    private static string[] Holders(OpenStore open, string text) =>
        [.. Directory.GetFiles(open.Environment.Directory, "*", SearchOption.AllDirectories).Where(path => Holds(Read(path), text))];

    private static byte[] Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var bytes = new MemoryStream();
        file.CopyTo(bytes);
        return bytes.ToArray();
    }

    // Without the end, which JSON escapes.
    private static bool Holds(byte[] bytes, string text) =>
        bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text[..12])) >= 0 || bytes.AsSpan().IndexOf(Encoding.Unicode.GetBytes(text[..12])) >= 0;
}
