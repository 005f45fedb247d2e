using System.Globalization;
using System.Text;
using MlOps.Benchmarks.Measuring;
using MlOps.DuckDb;

namespace MlOps.Benchmarks.Claims.Features;

internal static class FrameClaims
{
    private const string Ours = "DataFrame";

    public static IEnumerable<IClaim> All =>
    [
        new Claim(
            "features.csv",
            "CPU of reading 200,000 rows of 6 typed columns from a CSV file into a frame over that of File.ReadLines with Split and Parse into the same columns, which reads no quotes; equal sums. Beside it DuckDB's read_csv",
            "at most 0.6 x",
            CsvAsync),
        new Claim(
            "features.slice",
            "bytes allocated by a slice of 9,000,000 rows of a frame of 6 columns, more than by one of 9 rows",
            "0 B",
            (context, _) => Task.FromResult(Slice(context))),
        new Claim(
            "features.checks",
            "rows of 6 columns per second through 12 data checks (types, gaps, ranges, set, pattern, order, unique key, a reference distribution), 1,000,000 rows, one thread",
            "at least 1 M/s",
            (context, _) => Task.FromResult(Checks(context))),
    ];

    private static async Task<ClaimResult> CsvAsync(ClaimContext context, CancellationToken stop)
    {
        const int rows = 200_000;
        const string split = "File.ReadLines, Split, Parse";
        const string duck = "DuckDB read_csv";
        var frame = Rows(context.Seed, rows);
        string path = Path.Combine(context.Folder, "rows.csv");
        await using (var writer = new StreamWriter(path))
            frame.WriteCsv(writer);
        double megabytes = new FileInfo(path).Length / 1e6;
        var options = new CsvOptions { Types = frame.Columns.ToDictionary(column => column.Name, column => column.Type) };
        using var lake = new DuckDbLake(new DuckDbOptions { Threads = 1 });
        string sql = $"SELECT * FROM read_csv('{path}', header = true, columns = {{'id': 'BIGINT', 'city': 'VARCHAR', 'amount': 'DOUBLE', 'count': 'INTEGER', 'late': 'BOOLEAN', 'at': 'TIMESTAMP WITH TIME ZONE'}})";
        long expected = Sum(frame);
        if (Sum(await Task.Run(() => Read(path, null), stop)) != expected || Sum(await lake.ReadAsync(sql, cancellationToken: stop)) != expected || Split(path) != expected)
            throw new InvalidOperationException("The readers do not agree.");
        var result = await Paired.MeasureAsync(
            new PairedOptions { Rounds = 7, Operations = 1, WarmUp = TimeSpan.FromSeconds(1) },
            [
                (split, (_, _) => Task.FromResult(Split(path))),
                (Ours, (_, _) => Task.FromResult((long)Read(path, options).RowCount)),
                (Ours + ", types found", (_, _) => Task.FromResult((long)Read(path, null).RowCount)),
                (duck, async (_, _) => (await lake.ReadAsync(sql, cancellationToken: stop)).RowCount),
            ],
            stop);
        double ratio = result[Ours].CpuNanoseconds / result[split].CpuNanoseconds;
        double rate = megabytes * 1e9 / result[Ours].CpuNanoseconds;
        return ClaimResult.AtMost(ratio, 0.6, string.Create(CultureInfo.InvariantCulture, $"{ratio:F2} x, {rate:F0} MB/s"), result.ToDetail("One file", split));
    }

    private static ClaimResult Slice(ClaimContext context)
    {
        const int rows = 10_000_000;
        var large = new DataFrame(
            DataColumn.Create("a", new long[rows]), DataColumn.Create("b", new double[rows]), DataColumn.Create("c", new int[rows], ValidityOf(rows)),
            DataColumn.Create("d", new bool[rows]), DataColumn.Create("e", new float[rows]), DataColumn.Create("f", new Timestamp[rows]));
        long small = Allocated(large, 9);
        small = Allocated(large, 9);
        long difference = Allocated(large, 9_000_000) - small;
        return ClaimResult.AtMost(
            Math.Abs(difference), 0, string.Create(CultureInfo.InvariantCulture, $"{difference} B"),
            new ClaimDetail("Slices", ["rows", "bytes allocated"], [["9", $"{small}"], ["9,000,000", $"{small + difference}"]]));

        static long Allocated(DataFrame frame, int length)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            var slice = frame.Slice(1_000, length);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            GC.KeepAlive(slice);
            return allocated;
        }

        static ulong[] ValidityOf(int length)
        {
            ulong[] bits = new ulong[(length + 63) / 64];
            Array.Fill(bits, 0xFFFF_FFFF_FFFF_FFFEUL);
            return bits;
        }
    }

    private static ClaimResult Checks(ClaimContext context)
    {
        const int rows = 1_000_000;
        var frame = Rows(context.Seed, rows);
        var reference = DistributionReference.Learn(Rows(context.Seed + 1, 100_000)["amount"]);
        var checks = DataChecks.Define()
            .Column("id", c => c.Type(DataType.Int64).NotNull().Unique())
            .Column("city", c => c.In([.. Enumerable.Range(0, 100).Select(i => $"city {i}")]).Matches("^city [0-9]+$").Length(6, 7))
            .Column("amount", c => c.NotNull(0.02).Between(0, 1e6).Like(reference))
            .Column("count", c => c.Between(0, 1_000))
            .Column("at", c => c.Increasing())
            .RowCount(1, 10_000_000);
        if (checks.Run(frame) is { Passed: false } report)
            throw new InvalidOperationException(report.Describe());
        var result = Paired.Measure(
            new PairedOptions { Rounds = 6, Operations = 1, WarmUp = TimeSpan.FromSeconds(1) },
            ("all 12 checks", (_, _) => checks.Run(frame).Results.Count),
            ("without the unique key and the pattern", (_, _) => Simple(reference).Run(frame).Results.Count));
        double rate = rows * 1e9 / result["all 12 checks"].CpuNanoseconds;
        return ClaimResult.AtLeast(rate, 1e6, string.Create(CultureInfo.InvariantCulture, $"{rate / 1e6:F2} M/s"), result.ToDetail("1,000,000 rows", "all 12 checks"));

        static DataChecks Simple(DistributionReference reference) => DataChecks.Define()
            .Column("id", c => c.Type(DataType.Int64).NotNull())
            .Column("city", c => c.In([.. Enumerable.Range(0, 100).Select(i => $"city {i}")]).Length(6, 7))
            .Column("amount", c => c.NotNull(0.02).Between(0, 1e6).Like(reference))
            .Column("count", c => c.Between(0, 1_000))
            .Column("at", c => c.Increasing())
            .RowCount(1, 10_000_000);
    }

    private static DataFrame Read(string path, CsvOptions? options)
    {
        using var reader = new StreamReader(path, Encoding.UTF8, detectEncodingFromByteOrderMarks: true, 1 << 16);
        return DataFrame.ReadCsv(reader, options);
    }

    // What programs write by hand: right only while no field holds a comma, a quote or a line end.
    private static long Split(string path)
    {
        var (ids, cities, amounts, counts, late, times) = (new List<long>(), new List<string>(), new List<double?>(), new List<int>(), new List<bool>(), new List<DateTimeOffset>());
        foreach (string line in File.ReadLines(path).Skip(1))
        {
            string[] fields = line.Split(',');
            ids.Add(long.Parse(fields[0], CultureInfo.InvariantCulture));
            cities.Add(fields[1]);
            amounts.Add(fields[2].Length == 0 ? null : double.Parse(fields[2], CultureInfo.InvariantCulture));
            counts.Add(int.Parse(fields[3], CultureInfo.InvariantCulture));
            late.Add(bool.Parse(fields[4]));
            times.Add(DateTimeOffset.Parse(fields[5], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal));
        }

        return ids.Sum() + counts.Sum(count => (long)count) + late.Count(flag => flag) + (long)amounts.Sum(amount => Math.Floor(amount ?? 0)) + times.Sum(time => time.ToUnixTimeSeconds() % 1000);
    }

    private static long Sum(DataFrame frame)
    {
        long sum = 0;
        for (int row = 0; row < frame.RowCount; row++)
        {
            sum += Convert.ToInt64(frame["id"].GetValue(row), CultureInfo.InvariantCulture) + Convert.ToInt64(frame["count"].GetValue(row), CultureInfo.InvariantCulture)
                + (frame["late"].GetValue(row) is true ? 1 : 0) + (frame["amount"].GetValue(row) is double amount ? (long)Math.Floor(amount) : 0)
                + (((Timestamp)frame["at"].GetValue(row)!).Microseconds / 1_000_000 % 1000);
        }

        return sum;
    }

    private static DataFrame Rows(int seed, int rows)
    {
        var random = new Random(seed);
        string[] cities = [.. Enumerable.Range(0, 100).Select(i => $"city {i}")];
        return new DataFrame(
            DataColumn.Create("id", Enumerable.Range(0, rows).Select(i => 1_000_003L * (i + 1)).ToArray()),
            DataColumn.Create("city", Enumerable.Range(0, rows).Select(_ => cities[random.Next(cities.Length)]).ToArray()),
            DataColumn.FromNullable("amount", Enumerable.Range(0, rows).Select(_ => random.Next(100) == 0 ? (double?)null : Math.Round(random.NextDouble() * 10_000, 2))),
            DataColumn.Create("count", Enumerable.Range(0, rows).Select(_ => random.Next(1_000)).ToArray()),
            DataColumn.Create("late", Enumerable.Range(0, rows).Select(_ => random.Next(5) == 0).ToArray()),
            DataColumn.Create("at", Enumerable.Range(0, rows).Select(i => new Timestamp(978_307_200_000_000 + (i * 7_001_000L))).ToArray()));
    }
}
