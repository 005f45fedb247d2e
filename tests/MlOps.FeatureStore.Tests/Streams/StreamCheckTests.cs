namespace MlOps.Features.Tests;

public sealed class StreamCheckTests
{
    private static readonly FeatureView View = FeatureView.Define("clicks").Key("user").EventTime("at").LastValue("amount")
        .Check(DataChecks.Define().Column("amount", column => column.AtLeast(50))).Build();

    [Fact]
    public async Task Stream_WithRecordsThatFailTheChecks_SetsThemAsideOnlineAndOffline()
    {
        await using var open = new OpenStore([View], []);
        using var channel = FeatureChannel.Open("clicks");
        var rows = Clicks.Rows(0, 60);
        var bad = rows.Column<double>("amount").Span.ToArray().Count(amount => amount < 50);
        await channel.WriteAsync(rows);
        channel.Complete();
        await using var run = await open.Store.Streams.StartAsync(StreamJobTests.Job(channel));
        await run.Completion;

        (await run.GetStatusAsync()).Poison.Should().Be(bad).And.BePositive();
        (await open.Store.GetStatusAsync("clicks")).OfflineRows.Should().Be(60 - bad);
    }

    [Fact]
    public async Task Source_WithABatchThatFailsTheChecks_StopsThereAndGoesOnAfterItsCorrection()
    {
        await using var open = new OpenStore([View], []);
        var rows = Clicks.Rows(0, 60);
        double[] amounts = [.. Enumerable.Range(0, 60).Select(row => row == 25 ? 1.0 : 60.0)];
        rows = rows.With(DataColumn.Create("amount", amounts));
        var options = new SourceOptions { RowsPerBatch = 20 };
        var ingesting = async () => await open.Store.Sources.IngestAsync("clicks", FeatureSource.Frames(One(rows)), "load", options);
        var refused = (await ingesting.Should().ThrowAsync<DataCheckException>().WithMessage("*'load/00002'*")).Which;
        (await open.Store.GetStatusAsync("clicks")).OfflineRows.Should().Be(20);

        var corrected = rows.Slice(20, 20).With(DataColumn.Create("amount", Enumerable.Repeat(50.0, 20).ToArray()));
        await open.Store.Quarantine.ReleaseAsync(refused.QuarantineId!, corrected);
        (await open.Store.Sources.IngestAsync("clicks", FeatureSource.Frames(One(rows)), "load", options)).Should().Be(new SourceResult(20, 40, 1, 2));
    }

    private static async IAsyncEnumerable<DataFrame> One(DataFrame rows)
    {
        await Task.CompletedTask;
        yield return rows;
    }
}
