using Microsoft.Data.Sqlite;
using MlOps.Testing;

namespace MlOps.Features.Tests;

public sealed class FeatureSourceTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Rows_FromEverySource_GiveTheSameFeatures()
    {
        var rows = Clicks.Rows(0, 1000);
        var csv = Write("clicks.csv", writer => rows.WriteCsv(writer));
        var json = Path.Combine(_folder.Path, "clicks.jsonl");
        await using (var stream = File.Create(json))
            rows.WriteJsonLines(stream);
        using var database = Database(rows);
        using var command = database.CreateCommand();
        command.CommandText = "SELECT user, at, amount, id FROM clicks ORDER BY number";
        var sources = new Func<FeatureSource>[]
        {
            () => FeatureSource.Csv(csv), () => FeatureSource.JsonLines(json), () => FeatureSource.Database(command),
            () => FeatureSource.Frames(Pieces(rows, 77)),
        };
        var spine = new DataFrame(
            DataColumn.Create("user", Enumerable.Range(0, 200).Select(n => $"user-{n % 7}").ToArray()),
            DataColumn.Create("moment", Enumerable.Range(0, 200).Select(n => new Timestamp(Clicks.Start + n * 50 * Clicks.Second)).ToArray()));
        DataFrame? expected = null;
        foreach (var make in sources)
        {
            await using var open = StreamJobTests.Open();
            var reports = new Reports();
            var result = await open.Store.Sources.IngestAsync("clicks", make(), "load", new SourceOptions { RowsPerBatch = 300, Progress = reports });
            result.Should().Be(new SourceResult(1000, 0, 4, 0));
            reports.Last.Rows.Should().Be(1000);
            reports.Last.Batches.Should().Be(4);
            reports.Last.Bytes.Should().BePositive();
            var joined = await open.Store.GetTrainingFrameAsync(spine, "moment", "clicks");
            expected ??= joined;
            Frames.ShouldBeSameBits(joined, expected, open.Store.FeatureNamesOf("clicks"));
        }
    }

    [Fact]
    public async Task TypedRows_InMemoryAndAsTheyCome_AreIngestedInBatches()
    {
        var view = FeatureView.Define<(string User, Timestamp At, double Amount)>("clicks").Key("user", row => row.User).EventTime(row => row.At).LastValue("amount", row => row.Amount).Build();
        await using var open = new OpenStore([view]);
        var rows = Enumerable.Range(0, 25).Select(n => ($"user-{n}", new Timestamp(Clicks.Start), (double)n)).ToArray();
        (await open.Store.Sources.IngestAsync("clicks", FeatureSource.Rows(view, rows), "a", new SourceOptions { RowsPerBatch = 10, CheckFirst = true })).Should().Be(new SourceResult(25, 0, 3, 0));
        (await open.Store.Sources.IngestAsync("clicks", FeatureSource.Rows(view, Later(rows)), "b", new SourceOptions { RowsPerBatch = 10 })).Should().Be(new SourceResult(25, 0, 3, 0));
    }

    [Fact]
    public async Task Ingestion_Interrupted_GoesOnWhereItStopped()
    {
        await using var open = StreamJobTests.Open();
        var rows = Clicks.Rows(0, 1000);
        var options = new SourceOptions { RowsPerBatch = 100 };
        var failing = async () => await open.Store.Sources.IngestAsync("clicks", FeatureSource.Frames(Pieces(rows, 90, failAt: 6)), "load", options);
        await failing.Should().ThrowAsync<IOException>();
        (await open.Store.GetStatusAsync("clicks")).OfflineRows.Should().Be(500);
        await open.ReopenAsync();
        (await open.Store.Sources.IngestAsync("clicks", FeatureSource.Frames(Pieces(rows, 45)), "load", options)).Should().Be(new SourceResult(500, 500, 5, 5));
        (await open.Store.Sources.IngestAsync("clicks", FeatureSource.Frames(Pieces(rows, 1000)), "load", options)).Should().Be(new SourceResult(0, 1000, 0, 10));
    }

    [Fact]
    public async Task Ingestion_OfASourceThatChanged_IsRefused()
    {
        await using var open = StreamJobTests.Open();
        var options = new SourceOptions { RowsPerBatch = 100 };
        await open.Store.Sources.IngestAsync("clicks", FeatureSource.Frames(Pieces(Clicks.Rows(0, 250), 250)), "load", options);
        var changed = Clicks.Rows(0, 250);
        changed = changed.With(DataColumn.Create("amount", changed.Column<double>("amount").Span.ToArray().Select((amount, i) => i == 120 ? amount + 1 : amount).ToArray()));
        await Refused(open, changed, "*'load/00002'*other content*digest*");
        await Refused(open, Clicks.Rows(0, 260), "*'load/00003'*50 rows; this one has 60*");
        await Refused(open, Clicks.Rows(0, 200), "*ended after 200 rows, but more were ingested*");
        (await open.Store.GetStatusAsync("clicks")).OfflineRows.Should().Be(250);

        async Task Refused(OpenStore store, DataFrame rows, string message)
        {
            var ingesting = async () => await store.Store.Sources.IngestAsync("clicks", FeatureSource.Frames(Pieces(rows, 70)), "load", options);
            await ingesting.Should().ThrowAsync<InvalidInputException>().WithMessage(message);
        }
    }

    [Theory]
    [InlineData("user,at,amount\na,2001-01-01T00:00:00Z,1\nb,2001-01-01T00:00:00,2\n", "*line 3: column 'at' holds '2001-01-01T00:00:00', which has no time zone*AssumeUtc*")]
    [InlineData("user,at,amount\na,2001-01-01T00:00:00Z,x1\n", "*line 2: column 'amount' holds 'x1', which is neither a number*")]
    [InlineData("user,at,amount\n,2001-01-01T00:00:00Z,1\n", "*line 2: column 'user' is a key without a value*")]
    [InlineData("user,at,amount\nNaN,2001-01-01T00:00:00Z,1\n", "*line 2: column 'user' holds NaN*")]
    [InlineData("user,at,amount\na,,1\n", "*line 2: column 'at' is the event time and has no value*")]
    [InlineData("user,at,amount\na,yesterday,1\n", "*line 2: column 'at' holds 'yesterday', which is no moment*ISO 8601*")]
    [InlineData("user,at,amount\na,1750-01-01T00:00:00Z,1\n", "*line 2: *1750-01-01T00:00:00Z*outside the years 1800 to 2262*")]
    [InlineData("user,at,amount\na,2001-01-01T00:00:00Z,1e16\n", "*line 2: *'amount' holds 10000000000000000*")]
    [InlineData("user,at,amount\na,2001-01-01T00:00:00Z,1,5\n", "*line 2 has 4 fields, the header has 3*")]
    [InlineData("user,at,amount,user\na,2001-01-01T00:00:00Z,1,b\n", "*two columns 'user'*")]
    [InlineData("user,at\na,2001-01-01T00:00:00Z\n", "*lacks column(s) 'amount'*")]
    [InlineData("user,at,amount\na,2001-01-01T00:00:00Z,\"1\n", "*line 2: a quoted field is not closed*")]
    [InlineData("", "*is empty*")]
    public async Task Csv_ThatIsWrong_IsRefusedWithFileLineColumnAndRemedy(string text, string message)
    {
        await using var open = StreamJobTests.Open();
        var path = Write("bad.csv", writer => writer.Write(text));
        var ingesting = async () => await open.Store.Sources.IngestAsync("clicks", FeatureSource.Csv(path), "load");
        (await ingesting.Should().ThrowAsync<InvalidInputException>().WithMessage(message)).WithMessage("*bad.csv*");
        (await open.Store.GetStatusAsync("clicks")).OfflineRows.Should().Be(0);
    }

    [Theory]
    [InlineData("{\"user\":\"a\",\"at\":\"2001-01-01T00:00:00Z\",\"amount\":1}\n{\"user\":1.5,\"at\":\"2001-01-01T00:00:00Z\"}", "*line 2: column 'user' holds the number 1.5*")]
    [InlineData("{\"user\":\"a\",\"at\":978307200,\"amount\":1}", "*line 1: column 'at' holds the number 978307200*moment*")]
    [InlineData("{\"user\":\"a\",\"at\":\"2001-01-01T00:00:00Z\",\"amount\":\"1\"}", "*line 1: column 'amount' holds the text '1'*")]
    [InlineData("{\"user\":\"a\",\"at\":\"2001-01-01T00:00:00Z\",\"amount\":[1]}", "*line 1: member 'amount' is an array*")]
    [InlineData("{\"user\":\"a\",\"user\":\"b\",\"at\":\"2001-01-01T00:00:00Z\"}", "*line 1: member 'user' stands twice*")]
    [InlineData("{\"at\":\"2001-01-01T00:00:00Z\",\"amount\":1}", "*line 1: column 'user' is a key without a value*")]
    [InlineData("[1]", "*line 1 holds Array*")]
    [InlineData("{\"user\":", "*line 1 is no valid JSON*")]
    public async Task JsonLines_ThatAreWrong_AreRefusedWithFileLineColumnAndRemedy(string text, string message)
    {
        await using var open = StreamJobTests.Open();
        var path = Write("bad.jsonl", writer => writer.Write(text));
        var ingesting = async () => await open.Store.Sources.IngestAsync("clicks", FeatureSource.JsonLines(path), "load");
        (await ingesting.Should().ThrowAsync<InvalidInputException>().WithMessage(message)).WithMessage("*bad.jsonl*");
    }

    [Theory]
    [InlineData(false, 20)]
    [InlineData(true, 0)]
    public async Task Mistake_InTheThirdBatch_LeavesTheBatchesBeforeItUnlessAllIsCheckedFirst(bool checkFirst, int kept)
    {
        await using var open = StreamJobTests.Open();
        var path = Write("late.csv", writer =>
        {
            Clicks.Rows(0, 25).WriteCsv(writer);
            writer.Write("user-1,2001-01-01T00:00:00Z,oops,x\n");
        });
        var ingesting = async () => await open.Store.Sources.IngestAsync("clicks", FeatureSource.Csv(path), "load", new SourceOptions { RowsPerBatch = 10, CheckFirst = checkFirst });
        await ingesting.Should().ThrowAsync<InvalidInputException>().WithMessage("*line 27*'oops'*");
        (await open.Store.GetStatusAsync("clicks")).OfflineRows.Should().Be(kept);
    }

    [Fact]
    public async Task Files_Refreshed_AreTakenOnceAndRefusedWhenChanged()
    {
        var view = Sourced("files", FeatureViewSource.CsvFiles(_folder.Path, "day-*.csv"));
        await using var open = new OpenStore([view], [Clicks.Service]);
        Write("day-1.csv", writer => Clicks.Rows(0, 30).WriteCsv(writer));
        Write("other.csv", writer => writer.Write("nothing of ours"));
        (await open.Store.Sources.RefreshAsync("clicks")).Rows.Should().Be(30);
        Write("day-2.csv", writer => Clicks.Rows(30, 30).WriteCsv(writer));
        await open.ReopenAsync();
        (await open.Store.Sources.RefreshAsync("clicks")).Should().Be(new SourceResult(30, 0, 1, 0));
        (await open.Store.Sources.RefreshAsync("clicks")).Should().Be(default(SourceResult));

        // The same bytes at another time are the same file; other bytes are not.
        File.SetLastWriteTimeUtc(Path.Combine(_folder.Path, "day-1.csv"), new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        (await open.Store.Sources.RefreshAsync("clicks")).Should().Be(default(SourceResult));
        Write("day-2.csv", writer => Clicks.Rows(30, 31).WriteCsv(writer));
        Write("day-3.csv", writer => Clicks.Rows(61, 9).WriteCsv(writer));
        var refreshing = async () => await open.Store.Sources.RefreshAsync("clicks");
        await refreshing.Should().ThrowAsync<InvalidInputException>().WithMessage("*'files'*day-2.csv*changed after being ingested*");
        (await open.Store.GetStatusAsync("clicks")).OfflineRows.Should().Be(69, "day 3 does not suffer");
    }

    [Fact]
    public async Task Query_Refreshed_TakesWhatIsBeyondTheWatermarkOnce()
    {
        var path = Path.Combine(_folder.Path, "shop.db");
        using var database = Database(Clicks.Rows(0, 95), path);
        var view = Sourced("shop", FeatureViewSource.Query(
            async stop =>
            {
                var connection = new SqliteConnection($"Data Source={path}");
                await connection.OpenAsync(stop);
                return connection;
            },
            "SELECT number / 3 AS mark, user, at, amount FROM clicks WHERE number / 3 > @after ORDER BY number", "mark", -1L));
        await using var open = new OpenStore([view], [Clicks.Service]);
        // Batches end only where the watermark changes: 12 rows, not 10.
        (await open.Store.Sources.RefreshAsync("clicks", new SourceOptions { RowsPerBatch = 10 })).Should().Be(new SourceResult(95, 0, 8, 0));
        await open.ReopenAsync();
        (await open.Store.Sources.RefreshAsync("clicks")).Should().Be(default(SourceResult));
        Fill(database, Clicks.Rows(96, 30), 96);
        (await open.Store.Sources.RefreshAsync("clicks", new SourceOptions { RowsPerBatch = 7 })).Rows.Should().Be(30);
        (await open.Store.GetStatusAsync("clicks")).OfflineRows.Should().Be(125);
    }

    [Fact]
    public async Task Query_WithoutOrder_IsRefused()
    {
        var path = Path.Combine(_folder.Path, "shop.db");
        using var database = Database(Clicks.Rows(0, 20), path);
        var view = Sourced("shop", FeatureViewSource.Query(
            async stop =>
            {
                var connection = new SqliteConnection($"Data Source={path}");
                await connection.OpenAsync(stop);
                return connection;
            },
            "SELECT number, user, at, amount FROM clicks WHERE number > @after ORDER BY number DESC", "number", -1L));
        await using var open = new OpenStore([view]);
        var refreshing = async () => await open.Store.Sources.RefreshAsync("clicks");
        await refreshing.Should().ThrowAsync<InvalidInputException>().WithMessage("*goes back from i:19 to i:18*ORDER BY number*");
    }

    [Fact]
    public async Task View_OverAView_FollowsItCommitByCommit()
    {
        var spend = FeatureView.Define("spend").Key("user").EventTime("at").LastValue("level")
            .Source("of-clicks", FeatureViewSource.Features("clicks", at: "clicks", frame => frame.With(frame["clicks_amount_sum_24h"].Rename("level"))))
            .Build();
        await using var open = new OpenStore([Clicks.View, spend], [Clicks.Service, FeatureService.Define("spend").View("spend").Build()], new FeatureStoreOptions { MaxSegments = 4 });
        for (var n = 0; n < 8; n++)
        {
            await open.Store.IngestAsync("clicks", InOrder(n * 40, 40), $"batch {n}");
            if (n is 1 or 4)
                (await open.Store.Sources.RefreshAsync("spend", new SourceOptions { RowsPerBatch = 25 })).RowsPresent.Should().Be(0);
        }

        // Everything was merged meanwhile; each commit is still known.
        (await open.Store.Sources.RefreshAsync("spend", new SourceOptions { RowsPerBatch = 25 })).Rows.Should().Be(120);
        (await open.Store.Sources.RefreshAsync("spend")).Should().Be(default(SourceResult));
        (await open.Store.GetStatusAsync("spend")).OfflineRows.Should().Be(320);

        // At each click, the level is what the day's sum was.
        var spine = InOrder(0, 320).Select("user", "at");
        var sums = await open.Store.GetTrainingFrameAsync(spine, "at", "clicks");
        var levels = await open.Store.GetTrainingFrameAsync(spine, "at", "spend");
        Frames.ShouldBeSameBits(
            new DataFrame(levels["spend_level"].Rename("value")), new DataFrame(sums["clicks_amount_sum_24h"].Rename("value")), ["value"]);

        var lineage = new FeatureLineage(open.Environment.Context);
        var edges = await lineage.GetEdgesAsync(new LineageNode(LineageNodeKind.FeatureView, "spend.v1"), LineageDirection.Upstream, 100);
        edges.Should().Contain(edge => edge.From.Id == "clicks.v1" && edge.Detail.Contains("features of service clicks"));
        (await lineage.GetEdgesAsync(new LineageNode(LineageNodeKind.FeatureView, "clicks.v1"), LineageDirection.Downstream, 100)).Should().Contain(edge => edge.To.Id == "spend.v1");
    }

    [Fact]
    public async Task View_FromTheRowsOfAnother_TransformsThem()
    {
        var large = FeatureView.Define("large").Key("user").EventTime("at").Windows(FeatureWindow.Days(1)).Aggregate("amount", [AggregateFunction.Count, AggregateFunction.Sum], scale: 100)
            .Source("clicks", FeatureViewSource.View("clicks", frame => frame.Take([.. Enumerable.Range(0, frame.RowCount).Where(row => frame.Column<double>("amount")[row] >= 50)])))
            .Build();
        await using var open = new OpenStore([Clicks.View, large], []);
        var rows = Clicks.Rows(0, 200);
        await open.Store.IngestAsync("clicks", rows, "a");
        (await open.Store.Sources.RefreshAsync("large")).Rows.Should().Be(rows.Column<double>("amount").Span.ToArray().Count(amount => amount >= 50));
    }

    [Fact]
    public async Task Source_DoesNotBelongToTheMeaning()
    {
        Sourced("a", FeatureViewSource.CsvFiles("/data")).Hash.Should().Be(Clicks.View.Hash);
        await using var open = StreamJobTests.Open();
        var refreshing = async () => await open.Store.Sources.RefreshAsync("clicks");
        await refreshing.Should().ThrowAsync<InvalidDefinitionException>().WithMessage("*declares no source*");
    }

    // Later batches bring nothing from before earlier ones: what was known at a row does not change afterwards.
    private static DataFrame InOrder(int first, int count) =>
        Clicks.Rows(first, count).With(DataColumn.Create("at", Enumerable.Range(first, count).Select(n => new Timestamp(Clicks.Start + n * 10 * Clicks.Second)).ToArray()));

    private static FeatureView Sourced(string name, FeatureViewSource source) => FeatureView.Define("clicks").Key("user").EventTime("at")
        .Windows(FeatureWindow.Hours(1), FeatureWindow.Days(1))
        .Aggregate("amount", [AggregateFunction.Count, AggregateFunction.Sum, AggregateFunction.Mean], scale: 100)
        .LastValue("amount", name: "last")
        .Source(name, source)
        .Build();

    private static async IAsyncEnumerable<DataFrame> Pieces(DataFrame rows, int size, int failAt = int.MaxValue)
    {
        for (var at = 0; at < rows.RowCount; at += size)
        {
            await Task.Yield();
            if (at / size == failAt)
                throw new IOException("The line is cut.");
            yield return rows.Slice(at, Math.Min(size, rows.RowCount - at));
        }
    }

    private static async IAsyncEnumerable<T> Later<T>(IEnumerable<T> rows)
    {
        foreach (var row in rows)
        {
            await Task.Yield();
            yield return row;
        }
    }

    private string Write(string name, Action<TextWriter> write)
    {
        var path = Path.Combine(_folder.Path, name);
        using var writer = new StreamWriter(path);
        write(writer);
        return path;
    }

    private static SqliteConnection Database(DataFrame rows, string path = ":memory:")
    {
        var connection = new SqliteConnection($"Data Source={path}");
        connection.Open();
        using var create = connection.CreateCommand();
        create.CommandText = "CREATE TABLE clicks (number INTEGER PRIMARY KEY, user TEXT NOT NULL, at TEXT NOT NULL, amount REAL, id TEXT)";
        create.ExecuteNonQuery();
        Fill(connection, rows, 0);
        return connection;
    }

    private static void Fill(SqliteConnection connection, DataFrame rows, int first)
    {
        using var insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO clicks VALUES (@number, @user, @at, @amount, @id)";
        for (var row = 0; row < rows.RowCount; row++)
        {
            insert.Parameters.Clear();
            insert.Parameters.AddWithValue("@number", first + row);
            insert.Parameters.AddWithValue("@user", rows.Column<string>("user")[row]);
            insert.Parameters.AddWithValue("@at", rows.Column<Timestamp>("at")[row].ToString());
            insert.Parameters.AddWithValue("@amount", rows.Column<double>("amount")[row]);
            insert.Parameters.AddWithValue("@id", rows.Column<string>("id")[row]);
            insert.ExecuteNonQuery();
        }
    }

    private sealed class Reports : IProgress<IngestProgress>
    {
        public IngestProgress Last { get; private set; }

        public void Report(IngestProgress value) => Last = value;
    }
}
