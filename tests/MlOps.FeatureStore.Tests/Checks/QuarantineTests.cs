namespace MlOps.Features.Tests;

public sealed class QuarantineTests
{
    private static readonly DataChecks Checks = DataChecks.Define().Column("delay", c => c.NotNull().Between(-60, 600)).Column("origin", c => c.Matches("^A[0-9]$")).RowCount(1);

    [Fact]
    public async Task Ingest_OfAFailingBatch_AppliesNothingAndKeepsItWholeWithItsReport()
    {
        await using var open = new OpenStore([Checked(FeatureView.Define("origin"))], []);
        var bad = Bad(40, 3, 7);
        var refused = await Refused(() => open.Store.IngestAsync("origin", bad, "b1").AsTask());
        refused.Message.Should().Contain("'origin'").And.Contain("'b1'").And.Contain("delay: between -60 and 600").And.Contain("first in row 3").And.Contain(refused.QuarantineId).And.NotContain("999");
        refused.Report.Failures.Single().FirstRows.Should().Equal(3, 7);
        (await open.Store.GetStatusAsync("origin")).OfflineRows.Should().Be(0);

        var store = await open.ReopenAsync();
        var batch = (await store.Quarantine.ListAsync("origin")).Single();
        (batch.Id, batch.View, batch.Version, batch.Key, batch.Offset, batch.Rows, batch.State).Should().Be((refused.QuarantineId!, "origin", 1, "b1", null, 40, QuarantineState.Held));
        (await store.Quarantine.GetReportAsync(batch.Id)).Should().BeEquivalentTo(refused.Report);
        var rows = await store.Quarantine.GetRowsAsync(batch.Id);
        Bytes(rows).Should().Equal(Bytes(bad));
        (await store.Quarantine.ListAsync("route")).Should().BeEmpty();
    }

    [Fact]
    public async Task Ingest_OfTheSameFailingBatchAgain_IsKeptOnceAndOfAnotherContentTwice()
    {
        await using var open = new OpenStore([Checked(FeatureView.Define("origin"))], []);
        var ids = new List<string?>();
        foreach (var (rows, key) in new[] { (Bad(40, 3), "b1"), (Bad(40, 3), "b1"), (Bad(40, 4), "b1"), (Bad(40, 3), "b2") })
            ids.Add((await Refused(() => open.Store.IngestAsync("origin", rows, key).AsTask())).QuarantineId);
        ids[1].Should().Be(ids[0]);
        ids.Distinct().Should().HaveCount(3);
        Directory.GetFiles(Path.Combine(open.Folder, "quarantine"), "*", SearchOption.AllDirectories).Should().HaveCount(3);
        var together = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => Refused(() => open.Store.IngestAsync("origin", Bad(40, 5), "b3").AsTask()))));
        together.Select(refused => refused.QuarantineId).Distinct().Should().ContainSingle();
        Directory.GetFiles(Path.Combine(open.Folder, "quarantine"), "*", SearchOption.AllDirectories).Should().HaveCount(4);
    }

    [Fact]
    public async Task Release_OfCorrectedRows_ChecksAndAppliesThemUnderTheKey()
    {
        await using var open = new OpenStore([Checked(FeatureView.Define("origin"))], []);
        var id = (await Refused(() => open.Store.IngestAsync("origin", Bad(40, 3), "b1").AsTask())).QuarantineId!;
        var still = await Refused(() => open.Store.Quarantine.ReleaseAsync(id, Bad(40, 9)).AsTask());
        still.QuarantineId.Should().Be(id);
        (await open.Store.Quarantine.ReleaseAsync(id, Flights.Rows(40))).Should().Be(40);

        (await open.Store.IngestAsync("origin", Flights.Rows(40), "b1")).WasPresent.Should().BeTrue();
        (await open.Store.Quarantine.ListAsync()).Should().BeEmpty();
        var closed = (await open.Store.Quarantine.ListAsync(includeClosed: true)).Single();
        (closed.State, closed.Reason).Should().Be((QuarantineState.Released, "corrected"));
        closed.ClosedBy.Should().NotBeNullOrEmpty();
        (await open.Store.Quarantine.GetReportAsync(id)).Results.Should().OnlyContain(result => result.Samples.Count == 0, "a closed batch keeps no values");
        var rows = async () => await open.Store.Quarantine.GetRowsAsync(id);
        await rows.Should().ThrowAsync<NotFoundException>().WithMessage("*released*");
        Directory.GetFiles(Path.Combine(open.Folder, "quarantine"), "*", SearchOption.AllDirectories).Should().BeEmpty();
    }

    [Fact]
    public async Task ReleaseByForceAndDiscard_NeedAReasonAndAreAudited()
    {
        await using var open = new OpenStore([Checked(FeatureView.Define("origin"))], []);
        var forced = (await Refused(() => open.Store.IngestAsync("origin", Bad(40, 3), "b1").AsTask())).QuarantineId!;
        var thrown = (await Refused(() => open.Store.IngestAsync("origin", Bad(30, 3), "b2").AsTask())).QuarantineId!;
        var silent = async () => await open.Store.Quarantine.ReleaseAsync(forced, " ");
        await silent.Should().ThrowAsync<ArgumentException>();
        (await open.Store.Quarantine.ReleaseAsync(forced, "the storm was real")).Should().Be(40);
        await open.Store.Quarantine.DiscardAsync(thrown, "a test feed");
        var twice = async () => await open.Store.Quarantine.DiscardAsync(thrown, "again");
        await twice.Should().ThrowAsync<NotFoundException>().WithMessage("*discarded*");

        (await open.Store.GetStatusAsync("origin")).OfflineRows.Should().Be(40);
        (await open.Environment.Context.Audit.ReadAsync()).Select(record => (record.Entry.Operation, record.Entry.Reason)).Should().Contain(("features.quarantine.release", "the storm was real")).And.Contain(("features.quarantine.discard", "a test feed"));
    }

    [Fact]
    public async Task Push_OfAFailingBatch_IsRefusedWholeAndReleasedThoughItsSourceWentOn()
    {
        await using var open = new OpenStore([Checked(FeatureView.Define("origin"))], []);
        (await open.Store.PushAsync("origin", Flights.Rows(10), "topic", 1)).Rows.Should().Be(10);
        var refused = await Refused(() => open.Store.PushAsync("origin", Bad(10, [0], 10), "topic", 2).AsTask());
        (await open.Store.PushAsync("origin", Flights.Rows(10, first: 20), "topic", 3)).Rows.Should().Be(10);

        var batch = (await open.Store.Quarantine.ListAsync()).Single();
        (batch.Key, batch.Offset).Should().Be(("topic", 2L));
        var before = (await open.Store.GetStatusAsync("origin")).OnlineUpTo;
        (await open.Store.Quarantine.ReleaseAsync(refused.QuarantineId!, Flights.Rows(10, first: 1_000))).Should().Be(10);
        (await open.Store.GetStatusAsync("origin")).OnlineUpTo!.Value.Should().BeGreaterThan(before!.Value);
    }

    [Fact]
    public async Task Bounds_WhenReached_DropTheOldest()
    {
        var options = new FeatureStoreOptions();
        options.Quarantine.MaxBytes = 5_000;
        options.Quarantine.MaxAge = TimeSpan.FromDays(10);
        await using var open = new OpenStore([Checked(FeatureView.Define("origin"))], [], options);
        for (var i = 0; i < 6; i++)
        {
            await Refused(() => open.Store.IngestAsync("origin", Bad(50, i), $"b{i}").AsTask());
            open.Environment.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        var held = await open.Store.Quarantine.ListAsync();
        held.Count.Should().BeInRange(1, 5);
        held[0].Key.Should().Be("b5");
        held.Sum(batch => batch.Bytes).Should().BeLessThanOrEqualTo(5_000);
        Directory.GetFiles(Path.Combine(open.Folder, "quarantine"), "*", SearchOption.AllDirectories).Should().HaveCount(held.Count);
        (await open.Store.Quarantine.ListAsync(includeClosed: true)).Should().HaveCount(6).And.Contain(batch => batch.State == QuarantineState.Dropped && batch.Reason!.Contains("full"));

        (await Refused(() => open.Store.IngestAsync("origin", Bad(5_000, 1), "large").AsTask())).QuarantineId.Should().BeNull();
        open.Environment.Clock.Advance(TimeSpan.FromDays(11));
        var store = await open.ReopenAsync();
        (await store.Quarantine.ListAsync()).Should().BeEmpty();
        open.Environment.Clock.Advance(TimeSpan.FromDays(11));
        store = await open.ReopenAsync();
        (await store.Quarantine.ListAsync(includeClosed: true)).Should().BeEmpty();
    }

    [Fact]
    public async Task Checks_OfAView_AreNotPartOfItsDefinitionAndSpareWhatIsIngested()
    {
        var plain = FeatureView.Define("origin").Key("origin").EventTime("scheduled").LastValue("delay").Build();
        var strict = Checked(FeatureView.Define("origin"));
        strict.Hash.Should().Be(plain.Hash);
        await using var open = new OpenStore([plain], []);
        await open.Store.IngestAsync("origin", Bad(40, 3), "b1");
        var store = await open.ReopenAsync([strict]);
        (await store.IngestAsync("origin", Bad(40, 3), "b1")).WasPresent.Should().BeTrue();
        await Refused(() => store.IngestAsync("origin", Bad(40, 3), "b2").AsTask());
    }

    [Fact]
    public async Task TypedRows_AreCheckedByTheirColumns()
    {
        var view = FeatureView.Define<(string Id, Timestamp At, double Amount)>("payments").Key("id", row => row.Id).EventTime(row => row.At).LastValue("amount", row => row.Amount)
            .Check(DataChecks.Define().Column("amount", c => c.AtLeast(0))).Check(DataChecks.Define().Unique("id", "event_time")).Build();
        await using var open = new OpenStore([view], []);
        await open.Store.IngestAsync(view, [("a", Flights.Start, 1)], "sound");
        (await Refused(() => open.Store.IngestAsync(view, [("a", Flights.Start, -1), ("a", Flights.Start, 2)], "bad").AsTask())).Report.Failures.Should().HaveCount(2);
    }

    [Fact]
    public async Task TrainingFrame_ThatFailsItsChecks_IsRefusedWithTheReport()
    {
        await using var open = new OpenStore();
        foreach (var view in Flights.Views())
            await open.Store.IngestAsync(view.Name, Flights.Rows(300), "all");
        var spine = Flights.Rows(50, first: 400).Select("scheduled", "origin", "destination");
        var checks = DataChecks.Define().RowCount(50).Column("origin_delay_mean_7d", c => c.NotNull());
        (await open.Store.GetTrainingFrameAsync(spine, "scheduled", "flight-delay", new TrainingFrameOptions { Checks = checks })).RowCount.Should().Be(50);
        var refused = await Refused(() => open.Store.GetTrainingFrameAsync(spine, "scheduled", "flight-delay", new TrainingFrameOptions { Checks = checks.Column("origin_delay_mean_7d", c => c.Between(0, 1)) }).AsTask());
        refused.QuarantineId.Should().BeNull();
        refused.Report.Failures.Single().FailingRows.Should().BePositive();
        refused.Message.Should().Contain("training frame of 'flight-delay'");
    }

    [Fact]
    public async Task Erase_OfAnEntity_DiscardsTheBatchesThatHoldIt()
    {
        await using var open = new OpenStore([Checked(FeatureView.Define("origin"))], []);
        await Refused(() => open.Store.IngestAsync("origin", Bad(40, 3), "b1").AsTask());
        await Refused(() => open.Store.IngestAsync("origin", Bad(1, 0), "b2").AsTask());
        var quarantine = (FeatureQuarantine)open.Store.Quarantine;
        (await quarantine.EraseAsync("origin", frame => frame.RowCount > 1, default)).Should().Be(1);
        (await quarantine.ListAsync()).Single().Key.Should().Be("b2");
    }

    [Fact]
    public async Task Quarantine_WithoutPermission_ShowsAndChangesNothing()
    {
        await using var open = new OpenStore([Checked(FeatureView.Define("origin"))], []);
        var id = (await Refused(() => open.Store.IngestAsync("origin", Bad(40, 3), "b1").AsTask())).QuarantineId!;
        var context = open.Environment.Context;
        var access = new OnlyAccess();
        using var store = new FeatureStore(
            new EnvironmentContext
            {
                Name = context.Name, Kind = context.Kind, Directory = context.Directory, Files = context.Files, Metadata = context.Metadata, Artifacts = context.Artifacts,
                Events = context.Events, Audit = context.Audit, Caller = context.Caller, Clock = context.Clock, Access = access,
            }, [Checked(FeatureView.Define("origin"))], [], new FeatureStoreOptions());
        (EnvironmentPermission Needed, Func<Task> Act)[] acts =
        [
            (EnvironmentPermission.Read, () => store.Quarantine.ListAsync().AsTask()), (EnvironmentPermission.Read, () => store.Quarantine.GetAsync(id).AsTask()),
            (EnvironmentPermission.ReadFeatures, () => store.Quarantine.GetReportAsync(id).AsTask()), (EnvironmentPermission.ReadFeatures, () => store.Quarantine.GetRowsAsync(id).AsTask()),
            (EnvironmentPermission.WriteFeatures, () => store.Quarantine.ReleaseAsync(id, "why").AsTask()), (EnvironmentPermission.WriteFeatures, () => store.Quarantine.ReleaseAsync(id, Flights.Rows(1)).AsTask()),
            (EnvironmentPermission.ManageFeatures, () => store.Quarantine.DiscardAsync(id, "why").AsTask()), (EnvironmentPermission.ReadFeatures, () => store.ProfileAsync("origin").AsTask()),
        ];
        foreach (var (needed, act) in acts)
        {
            foreach (var held in Enum.GetValues<EnvironmentPermission>().Where(permission => permission != needed))
            {
                access.Held = held;
                await act.Should().ThrowAsync<AccessDeniedException>();
            }
        }

        (await open.Store.Quarantine.GetAsync(id)).State.Should().Be(QuarantineState.Held);
    }

    private sealed class OnlyAccess : IAccessControl
    {
        public EnvironmentPermission Held { get; set; }

        public bool Allows(EnvironmentPermission permission) => permission == Held;

        public void Require(EnvironmentPermission permission, string subject)
        {
            if (!Allows(permission))
                throw new AccessDeniedException($"{subject} needs {permission}");
        }
    }

    internal static FeatureView Checked(FeatureViewBuilder builder) => builder.Key("origin").EventTime("scheduled").LastValue("delay").Check(Checks).Build();

    private static DataFrame Bad(int rows, params int[] at) => Bad(rows, at, 0);

    private static DataFrame Bad(int rows, int[] at, int first)
    {
        var frame = Flights.Rows(rows, first: first);
        var delays = frame.Column<float>("delay").Span.ToArray();
        foreach (var row in at)
            delays[row] = 999;
        return frame.With(DataColumn.Create("delay", delays));
    }

    private static async Task<DataCheckException> Refused(Func<Task> act) => (await act.Should().ThrowAsync<DataCheckException>()).Which;

    private static byte[] Bytes(DataFrame frame)
    {
        using var stream = new MemoryStream();
        frame.Save(stream);
        return stream.ToArray();
    }
}
