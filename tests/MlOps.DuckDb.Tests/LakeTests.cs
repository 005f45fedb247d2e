namespace MlOps.DuckDb.Tests;

public sealed class LakeTests
{
    [DuckDbFact]
    public void LibraryVersion_IsTheOneBoundAgainst() => DuckDbLake.LibraryVersion.Should().StartWith("v1.");

    [DuckDbFact]
    public async Task Query_WithParameters_BindsEveryKind()
    {
        using var lake = new DuckDbLake();
        var moment = Timestamp.Utc(2001, 5, 1, 12, 30);
        var frame = await lake.ReadAsync(
            "SELECT $b AS b, $i AS i, $l AS l, $f AS f, $d AS d, $s AS s, $t::TIMESTAMP AS t, $day::DATE AS day, $n::INTEGER AS n",
            new Dictionary<string, object?>
            {
                ["b"] = true, ["i"] = 3, ["l"] = 1L << 40, ["f"] = 0.5f, ["d"] = 2.5, ["s"] = "'; DROP TABLE x; --", ["t"] = moment, ["day"] = new DateOnly(2001, 5, 2), ["n"] = null,
            });

        frame.Columns.Select(column => column.GetValue(0)).Should().Equal(true, 3, 1L << 40, 0.5f, 2.5, "'; DROP TABLE x; --", moment, Timestamp.Utc(2001, 5, 2), null);
        (await lake.ReadAsync("SELECT ? || ?", new Dictionary<string, object?> { ["1"] = "a", ["2"] = "" })).Columns[0].GetValue(0).Should().Be("a");
    }

    [DuckDbFact]
    public async Task Query_WithMissingOrStrayParameter_NamesIt()
    {
        using var lake = new DuckDbLake();
        var missing = () => lake.ReadAsync("SELECT $from", new Dictionary<string, object?> { ["form"] = 1 });
        await missing.Should().ThrowAsync<InvalidInputException>().WithMessage("*'from'*Did you mean 'form'*");
        var stray = () => lake.ReadAsync("SELECT $a", new Dictionary<string, object?> { ["a"] = 1, ["b"] = 2 });
        await stray.Should().ThrowAsync<InvalidInputException>().WithMessage("*'b'*");
        var kind = () => lake.ReadAsync("SELECT $a", new Dictionary<string, object?> { ["a"] = new object() });
        await kind.Should().ThrowAsync<InvalidInputException>().WithMessage("*'a' is a Object*");
    }

    [DuckDbFact]
    public async Task Query_WithoutRows_StillHasItsColumns()
    {
        using var lake = new DuckDbLake();
        var frame = await lake.ReadAsync("SELECT 1 AS a, 'x' AS b WHERE false");

        frame.RowCount.Should().Be(0);
        frame.Columns.Select(column => column.Type).Should().Equal(DataType.Int32, DataType.String);
    }

    [DuckDbFact]
    public async Task Query_ThatIsWrong_CarriesDuckDbsMessage()
    {
        using var lake = new DuckDbLake();
        var syntax = () => lake.ReadAsync("SELEC 1");
        await syntax.Should().ThrowAsync<InvalidInputException>().WithMessage("*syntax error*SELEC*");
        var table = () => lake.ReadAsync("SELECT * FROM absent");
        await table.Should().ThrowAsync<InvalidInputException>().WithMessage("*absent*");
        var late = () => lake.ReadAsync("SELECT CASE WHEN i = 9999 THEN error('row 9999 is bad') ELSE 'fine' END FROM range(10000) t(i)");
        await late.Should().ThrowAsync<InvalidInputException>().WithMessage("*row 9999 is bad*");
    }

    [DuckDbFact]
    public async Task Read_AbsentFile_IsAStorageErrorThatNamesIt()
    {
        using var folder = new TemporaryFolder();
        var read = () => DuckDbLake.ReadParquetAsync(folder.File("absent.parquet"));

        await read.Should().ThrowAsync<StorageException>().WithMessage("*absent.parquet*");
    }

    [DuckDbFact]
    public async Task Read_DamagedParquet_IsAnError()
    {
        using var folder = new TemporaryFolder();
        using var lake = new DuckDbLake();
        await lake.WriteParquetAsync("SELECT i, 'text ' || i AS s FROM range(10000) t(i)", folder.File("good.parquet"));
        var bytes = await File.ReadAllBytesAsync(folder.File("good.parquet"));
        await File.WriteAllBytesAsync(folder.File("cut.parquet"), bytes[..(bytes.Length / 2)]);
        var read = () => DuckDbLake.ReadParquetAsync(folder.File("cut.parquet"));

        await read.Should().ThrowAsync<MlOpsException>();
    }

    [DuckDbFact]
    public async Task ReadCsvJsonAndParquet_OfTheSameRows_GiveTheSameFrame()
    {
        using var folder = new TemporaryFolder();
        using var lake = new DuckDbLake();
        await File.WriteAllTextAsync(folder.File("a.csv"), "id,name,at\n1,\"Ann, B\",2001-02-03 04:05:06\n2,,2001-02-04 00:00:00\n");
        await File.WriteAllTextAsync(folder.File("a.json"), """[{"id":1,"name":"Ann, B","at":"2001-02-03 04:05:06"},{"id":2,"name":null,"at":"2001-02-04 00:00:00"}]""");
        var csv = await DuckDbLake.ReadCsvAsync(folder.File("a.csv"));
        (await lake.WriteParquetAsync($"SELECT * FROM read_csv('{folder.File("a.csv")}')", folder.File("a.parquet"))).Should().Be(2);

        foreach (var frame in new[] { csv, await DuckDbLake.ReadJsonAsync(folder.File("a.json"), ["id", "name", "at"]), await DuckDbLake.ReadParquetAsync(folder.File("*.parquet")) })
        {
            frame.Columns.Select(column => column.GetValue(0)).Should().Equal(1L, "Ann, B", Timestamp.From(new DateTimeOffset(2001, 2, 3, 4, 5, 6, TimeSpan.Zero)));
            frame.Columns.Select(column => column.GetValue(1)).Should().Equal(2L, null, Timestamp.Utc(2001, 2, 4));
        }
    }

    [DuckDbFact]
    public async Task AllowedPaths_KeepEverythingElseOut()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("in"));
        await File.WriteAllTextAsync(folder.File("in/ok.csv"), "a\n1\n");
        await File.WriteAllTextAsync(folder.File("secret.csv"), "a\n2\n");
        using var lake = new DuckDbLake(new DuckDbOptions { AllowedPaths = [folder.File("in")] });

        (await lake.ReadAsync($"SELECT a FROM read_csv('{folder.File("in/ok.csv")}')")).Columns[0].GetValue(0).Should().Be(1L);
        foreach (var sql in new[]
        {
            $"SELECT * FROM read_csv('{folder.File("secret.csv")}')",
            $"SELECT * FROM read_csv('{folder.File("in/../secret.csv")}')",
            $"COPY (SELECT 1) TO '{folder.File("out.csv")}'",
            $"ATTACH '{folder.File("other.db")}'",
            "SET GLOBAL enable_external_access = true",
            "INSTALL httpfs",
        })
        {
            var attempt = () => lake.ReadAsync(sql);
            await attempt.Should().ThrowAsync<MlOpsException>(sql);
        }

        File.Exists(folder.File("out.csv")).Should().BeFalse();
    }

    [DuckDbFact]
    public async Task Cancellation_OfAQueryThatNeverEnds_InterruptsIt()
    {
        using var lake = new DuckDbLake();
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        var endless = () => lake.ReadAsync("SELECT sum(a.i * b.i % 7) FROM range(10000000) a(i), range(10000000) b(i)", cancellationToken: stop.Token);

        await endless.Should().ThrowAsync<OperationCanceledException>();
        (await lake.ReadAsync("SELECT 1 AS one")).Column<int>("one")[0].Should().Be(1, "other queries go on");
    }

    [DuckDbFact]
    public async Task Database_InAFile_KeepsItsTables()
    {
        using var folder = new TemporaryFolder();
        using (var lake = new DuckDbLake(new DuckDbOptions { DatabasePath = folder.File("a.db"), Threads = 1, MemoryLimitBytes = 256 << 20 }))
            await lake.ReadAsync("CREATE TABLE t AS SELECT 42 AS answer");
        using var again = new DuckDbLake(new DuckDbOptions { DatabasePath = folder.File("a.db"), ReadOnly = true });
        (await again.ReadAsync("SELECT answer FROM t")).Column<int>("answer")[0].Should().Be(42);
        var write = () => again.ReadAsync("DROP TABLE t");
        await write.Should().ThrowAsync<MlOpsException>();
    }

    [DuckDbFact]
    public async Task Lake_UsedAtOnceAndAfterDisposal_Behaves()
    {
        using var lake = new DuckDbLake();
        var sums = await Task.WhenAll(Enumerable.Range(1, 8).Select(n => lake.ReadAsync("SELECT sum(i) AS s FROM range($n) t(i)", new Dictionary<string, object?> { ["n"] = n * 1000 })));
        sums.Select(frame => frame.Column<long>("s")[0]).Should().Equal(Enumerable.Range(1, 8).Select(n => n * 1000L * ((n * 1000L) - 1) / 2));
        lake.Dispose();
        var after = () => lake.ReadAsync("SELECT 1");
        await after.Should().ThrowAsync<ObjectDisposedException>();
    }

    [Fact]
    public void Options_OutOfRange_AreRefused()
    {
        foreach (var options in new DuckDbOptions[] { new() { Threads = 0 }, new() { MemoryLimitBytes = 5 }, new() { BatchRows = 0 } })
        {
            var open = () => new DuckDbLake(options);
            open.Should().Throw<InvalidDefinitionException>();
        }
    }
}
