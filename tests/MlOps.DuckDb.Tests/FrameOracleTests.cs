using System.Globalization;

namespace MlOps.DuckDb.Tests;

/// <summary>The verbs and the CSV reader of <see cref="DataFrame"/> against DuckDB over the same files.</summary>
public sealed class FrameOracleTests
{
    [DuckDbFact]
    public async Task ReadCsv_OfHostileText_IsWhatDuckDbReads()
    {
        using var folder = new TemporaryFolder();
        string?[] pieces = ["a", "\"", ",", "\n", "\r\n", " ", "ü", "🌍", "''", "NULL", "#", ";", "\t", "\\"];
        for (var seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            var frame = new DataFrame(
                DataColumn.Create("id", Enumerable.Range(0, 60).Select(i => (long)i).ToArray()),
                DataColumn.FromText("text", Enumerable.Range(0, 60).Select(_ => random.Next(4) == 0 ? null : string.Concat(Enumerable.Range(0, random.Next(1, 6)).Select(_ => pieces[random.Next(pieces.Length)])))),
                DataColumn.FromNullable("x", Enumerable.Range(0, 60).Select(_ => random.Next(5) == 0 ? (double?)null : random.NextDouble() * Math.Pow(10, random.Next(-300, 300)))));
            var path = folder.File($"{seed}.csv");
            await using (var writer = new StreamWriter(path))
                frame.WriteCsv(writer);
            using var lake = new DuckDbLake();
            var theirs = await lake.ReadAsync(
                $"SELECT * FROM read_csv('{path}', header = true, delim = ',', quote = '\"', escape = '\"', allow_quoted_nulls = false, columns = {{'id': 'BIGINT', 'text': 'VARCHAR', 'x': 'DOUBLE'}}, auto_detect = false, new_line = '\\n') ORDER BY id");
            using var reader = new StreamReader(path);
            var ours = DataFrame.ReadCsv(reader, new CsvOptions { Types = frame.Columns.ToDictionary(column => column.Name, column => column.Type) });
            Same(ours, frame);
            Same(theirs, frame);
        }
    }

    [DuckDbFact]
    public async Task GroupByJoinSortAndQuantiles_OfRandomRows_AreWhatDuckDbComputes()
    {
        using var folder = new TemporaryFolder();
        for (var seed = 0; seed < 10; seed++)
        {
            var random = new Random(seed);
            var left = Rows(random, 500, "n");
            var right = Rows(random, 60, "m");
            await WriteAsync(left, folder.File("left.csv"));
            await WriteAsync(right, folder.File("right.csv"));
            using var lake = new DuckDbLake();
            string from = $"read_csv('{folder.File("left.csv")}', columns = {{'id': 'BIGINT', 'k': 'VARCHAR', 'n': 'BIGINT'}}, header = true)";
            string other = $"read_csv('{folder.File("right.csv")}', columns = {{'id': 'BIGINT', 'k': 'VARCHAR', 'm': 'BIGINT'}}, header = true)";

            Same(
                left.GroupBy("k").Aggregate(Aggregation.Count(), Aggregation.CountValues("n"), Aggregation.Sum("n"), Aggregation.Min("n"), Aggregation.Max("n"), Aggregation.CountDistinct("n"), Aggregation.StandardDeviation("n")).Sort("k"),
                await lake.ReadAsync($"SELECT k, count(*), count(n), sum(n)::DOUBLE, min(n), max(n), count(DISTINCT n), stddev_samp(n) FROM {from} GROUP BY k ORDER BY k NULLS LAST"), tolerance: 1e-9);
            foreach (var (kind, sql) in new[] { (JoinKind.Inner, "JOIN"), (JoinKind.Left, "LEFT JOIN") })
            {
                Same(
                    left.Join(right.Select("k", "m"), ["k"], kind).Sort("id", "m"),
                    await lake.ReadAsync($"SELECT l.id, l.k, l.n, r.m FROM {from} l {sql} {other} r ON l.k = r.k ORDER BY l.id, r.m NULLS LAST"));
            }

            Same(left.Sort(SortKey.Down("n"), "id"), await lake.ReadAsync($"SELECT * FROM {from} ORDER BY n DESC NULLS LAST, id"));
        }
    }

    private static DataFrame Rows(Random random, int rows, string number) => new(
        DataColumn.Create("id", Enumerable.Range(0, rows).Select(i => (long)i).ToArray()),
        DataColumn.FromText("k", Enumerable.Range(0, rows).Select(_ => random.Next(9) == 0 ? null : $"key {random.Next(30)}")),
        DataColumn.FromNullable(number, Enumerable.Range(0, rows).Select(_ => random.Next(6) == 0 ? (long?)null : random.Next(-50, 50))));

    private static async Task WriteAsync(DataFrame frame, string path)
    {
        await using var writer = new StreamWriter(path);
        frame.WriteCsv(writer);
    }

    private static void Same(DataFrame actual, DataFrame expected, double tolerance = 0)
    {
        actual.RowCount.Should().Be(expected.RowCount);
        actual.Columns.Count.Should().Be(expected.Columns.Count);
        for (var c = 0; c < actual.Columns.Count; c++)
        {
            for (var row = 0; row < actual.RowCount; row++)
            {
                var (ours, theirs) = (actual.Columns[c].GetValue(row), expected.Columns[c].GetValue(row));
                if (tolerance > 0 && ours is double x && theirs is double y)
                    x.Should().BeApproximately(y, tolerance * Math.Max(1, Math.Abs(y)));
                else
                    Convert.ToString(ours, CultureInfo.InvariantCulture).Should().Be(Convert.ToString(theirs, CultureInfo.InvariantCulture), $"column {actual.Columns[c].Name}, row {row}");
            }
        }
    }
}
