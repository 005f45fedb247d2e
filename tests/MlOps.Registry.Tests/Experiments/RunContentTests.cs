using MlOps.Reporting;
using MlOps.Testing;

namespace MlOps.Registry.Tests;

public sealed class RunContentTests : IAsyncDisposable
{
    private readonly TestEnvironment _environment = new();

    private SqlExperiments Experiments => new(_environment.Context);

    public ValueTask DisposeAsync() => _environment.DisposeAsync();

    [Fact]
    public async Task Note_WrittenAfterTheEnd_KeepsItsHistory()
    {
        var id = await Experiments.RunAsync("training", (_, _) => Task.CompletedTask);
        (await Experiments.GetRunNotesAsync(id)).Should().BeEmpty();
        await Experiments.SetRunNoteAsync(id, "# First");
        await Experiments.SetRunNoteAsync(id, "# First");
        _environment.Clock.Advance(TimeSpan.FromMinutes(1));
        await Experiments.SetRunNoteAsync(id, "# Second");
        var notes = await Experiments.GetRunNotesAsync(id);
        notes.Select(note => note.Text).Should().Equal("# Second", "# First");
        (notes[0].Time - notes[1].Time).Should().Be(TimeSpan.FromMinutes(1));
        notes[0].Author.Should().Be(_environment.Caller.Name);
        (await _environment.Context.Audit.ReadAsync()).Count(record => record.Entry.Operation == "experiments.run.note.set").Should().Be(2);
    }

    [Fact]
    public async Task Tags_SetAndTakenAwayAfterTheEnd_AreAudited()
    {
        string id;
        await using (var run = await Experiments.StartRunAsync("training", new RunOptions { Tags = new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" } }))
        {
            id = run.Id;
            run.RemoveTag("b");
            run.RemoveTag("unknown");
        }

        (await Experiments.GetRunAsync(id)).Tags.Keys.Should().Equal("a");
        await Experiments.SetRunTagsAsync(id, new Dictionary<string, string?> { ["a"] = null, ["c"] = "3" });
        await Experiments.SetRunTagsAsync(id, new Dictionary<string, string?> { ["c"] = "3" });
        (await Experiments.GetRunAsync(id)).Tags.Should().Equal(new Dictionary<string, string> { ["c"] = "3" });
        var record = (await _environment.Context.Audit.ReadAsync()).Single(record => record.Entry.Operation is not ("experiments.run.start" or "experiments.run.end"));
        (record.Entry.Operation, record.Entry.Before, record.Entry.After).Should().Be(("experiments.run.tags.set", """{"tags":{"a":"1"}}""", """{"tags":{"c":"3"}}"""));
        await Experiments.Invoking(e => e.SetRunTagsAsync(id, Enumerable.Range(0, 201).ToDictionary(i => $"t{i}", i => (string?)"")).AsTask())
            .Should().ThrowAsync<InvalidInputException>();
    }

    [Fact]
    public async Task Parameters_OfAnyType_AreWrittenInvariantly()
    {
        await using var run = await Experiments.StartRunAsync("training");
        run.LogParameters(new Dictionary<string, object?> { ["rate"] = 0.1, ["trees"] = 300, ["deep"] = true, ["none"] = null, ["span"] = TimeSpan.FromMinutes(90) });
        run.LogParameter("kind", RunStatus.Failed);
        await run.FlushAsync();
        (await Experiments.GetRunAsync(run.Id)).Parameters.Should().BeEquivalentTo(new Dictionary<string, string>
        {
            ["rate"] = "0.1", ["trees"] = "300", ["deep"] = "true", ["none"] = "null", ["span"] = "01:30:00", ["kind"] = "Failed",
        });
    }

    [Fact]
    public async Task Input_Frame_IsRecordedWithTheDigestOfItsStoredBytes()
    {
        var frame = new DataFrame(
            DataColumn.Create("id", new[] { 1L, 2, 3 }), DataColumn.FromNullable<double>("x", [0.5, null, double.NaN]), DataColumn.FromText("t", ["a", null, "c"]));
        await using var run = await Experiments.StartRunAsync("training");
        var input = await run.LogInputAsync("flights", frame, "training", "warehouse.flights", profile: true);
        await run.FlushAsync();
        var record = await Experiments.GetRunAsync(run.Id);
        record.Inputs.Should().Equal(input);
        record.Inputs[0].Digest.Should().Be((await _environment.Context.Artifacts.PutFrameAsync(frame)).Digest);
        record.Inputs[0].Rows.Should().Be(3);
        record.Inputs[0].Schema.Should().Be(
            """[{"name":"id","type":"Int64","nulls":0},{"name":"x","type":"Float64","nulls":1},{"name":"t","type":"String","nulls":1}]""");
        var profile = await _environment.Context.Artifacts.GetBytesAsync(record.Artifacts["inputs/flights/training.profile.json"]);
        System.Text.Json.JsonDocument.Parse(profile).RootElement.GetProperty("columns").GetArrayLength().Should().Be(3);
    }

    [Fact]
    public void Digest_EqualContentHeldDifferently_IsEqual()
    {
        var whole = new DataFrame(DataColumn.FromNullable<int>("a", [9, 1, null, 3]), DataColumn.FromText("t", ["z", "x", null, "y"]));
        var slice = whole.Slice(1, 3);
        var taken = whole.Take([1, 2, 3]);
        var garbage = new DataFrame(DataColumn.Create("a", new[] { 1, 77, 3 }, [0b101]), DataColumn.FromText("t", ["x", null, "y"]));
        DatasetDigest.Of(slice).Should().Be(DatasetDigest.Of(taken)).And.Be(DatasetDigest.Of(garbage));
        DatasetDigest.Of(slice).Should().NotBe(DatasetDigest.Of(whole));
        DatasetDigest.Of(whole.Select("t", "a")).Should().NotBe(DatasetDigest.Of(whole), "the order of columns counts");
    }

    [Fact]
    public async Task Plot_Logged_ReadsBackAndIsListed()
    {
        await using var run = await Experiments.StartRunAsync("training");
        var plot = Roc();
        var stored = await run.LogPlotAsync("eval/roc", plot);
        stored.MediaType.Should().Be(RunExtensions.PlotMediaType);
        await run.LogArtifactAsync("plots/other.json", new MemoryStream("{}"u8.ToArray()), "application/json");
        (await Experiments.ListPlotsAsync(run.Id)).Should().Equal("eval/roc");
        (await Experiments.GetPlotAsync(run.Id, "eval/roc")).Should().BeEquivalentTo(plot, options => options.RespectingRuntimeTypes());
        await Experiments.Invoking(e => e.GetPlotAsync(run.Id, "eval/rok").AsTask()).Should().ThrowAsync<NotFoundException>().WithMessage("*eval/roc*");
    }

    [Fact]
    public async Task Report_OfARun_ShowsAllItLogged()
    {
        string id;
        await using (var run = await Experiments.StartRunAsync("training", new RunOptions { Name = "nightly <b>", Tags = new Dictionary<string, string> { ["owner"] = "ads" } }))
        {
            id = run.Id;
            run.LogParameter("rate", "0.1");
            run.LogInput("flights", "sha256:abc", "training");
            for (var step = 0; step < 1_000; step++)
                run.LogMetric("loss", 1.0 / (step + 1), step);
            run.LogMetric("auc", 0.87);
            run.LogMetric("system/cpu/process_percent", 10, 1);
            run.LogMetric("system/cpu/process_percent", 20, 11);
            await run.LogPlotAsync("roc", Roc());
        }

        await Experiments.SetRunNoteAsync(id, "worth keeping");
        var html = (await Experiments.CreateReportAsync(id)).ToHtml();
        var page = System.Xml.Linq.XDocument.Parse(html[html.IndexOf('\n', StringComparison.Ordinal)..]);
        page.Descendants("h2").Select(heading => heading.Value).Should().Equal("Summary", "Parameters and inputs", "Metrics", "Plots", "Machine");
        page.Descendants("figcaption").Select(caption => caption.Value).Should().Equal("loss", "ROC", "system/cpu/process_percent");
        html.Should().Contain("nightly &lt;b&gt;").And.Contain("worth keeping").And.Contain("sha256:abc").And.Contain("0.87");
        (await Experiments.CreateReportAsync(id, new RunReportOptions { SystemMetrics = false })).ToHtml().Should().NotContain("Machine</h2>");
    }

    [Fact]
    public async Task RunAsync_WorkThrows_MarksTheRunFailedAndPassesTheErrorOn()
    {
        await Experiments.Invoking(e => e.RunAsync("training", (run, _) => throw new InvalidOperationException("no data")).AsTask())
            .Should().ThrowAsync<InvalidOperationException>();
        var run = (await Experiments.ListRunsAsync("training")).Single();
        run.Status.Should().Be(RunStatus.Failed);
        run.Error.Should().Contain("no data");
    }

    [Fact]
    public async Task RunAsync_Cancelled_MarksTheRunCancelled()
    {
        using var stop = new CancellationTokenSource();
        await Experiments.Invoking(e => e.RunAsync("training", async (run, token) =>
        {
            await stop.CancelAsync();
            token.ThrowIfCancellationRequested();
        }, cancellationToken: stop.Token).AsTask()).Should().ThrowAsync<OperationCanceledException>();
        (await Experiments.ListRunsAsync("training")).Single().Status.Should().Be(RunStatus.Cancelled);
    }

    [Fact]
    public async Task RunAsync_Result_IsReturned() =>
        (await Experiments.RunAsync("training", (run, _) => Task.FromResult(run.Id.Length))).Should().Be(32);

    [Fact]
    public async Task Scope_LeftWithoutCompletion_IsFailedWhereThatWasAskedFor()
    {
        var options = new RunOptions { CompleteOnDispose = false };
        string left, completed;
        await using (var run = await Experiments.StartRunAsync("training", options))
            left = run.Id;
        await using (var run = await Experiments.StartRunAsync("training", options))
        {
            completed = run.Id;
            await run.CompleteAsync();
        }

        (await Experiments.GetRunAsync(left)).Status.Should().Be(RunStatus.Failed);
        (await Experiments.GetRunAsync(left)).Error.Should().Contain("without CompleteAsync");
        (await Experiments.GetRunAsync(completed)).Status.Should().Be(RunStatus.Completed);
    }

    [Fact]
    public async Task Artifact_StillUploadingWhenTheRunEnds_DoesNotBringItBackToLife()
    {
        var run = await Experiments.StartRunAsync("training");
        await using var slow = new EndingStream(run);
        await run.Invoking(r => r.LogArtifactAsync("late", slow, "text/plain").AsTask()).Should().ThrowAsync<InvalidOperationException>();
        (await Experiments.GetRunAsync(run.Id)).Status.Should().Be(RunStatus.Completed);
        await run.DisposeAsync();
    }

    private static LinePlot Roc() => new()
    {
        Title = "ROC", X = new PlotAxis("False positives"), Y = new PlotAxis("True positives"), Series = [new LineSeries("test", [0, 0.5, 1], [0, 0.8, 1])], Diagonal = true,
    };

    /// <summary>Ends the run while its bytes are read.</summary>
    private sealed class EndingStream(IRun run) : MemoryStream("bytes"u8.ToArray())
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await run.CompleteAsync(cancellationToken: cancellationToken);
            return await base.ReadAsync(buffer, cancellationToken);
        }

        public override async Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
        {
            await run.CompleteAsync(cancellationToken: cancellationToken);
            await base.CopyToAsync(destination, bufferSize, cancellationToken);
        }
    }
}
