using System.Diagnostics;
using System.Globalization;
using MlOps.Benchmarks.Claims.Support;
using MlOps.Benchmarks.Measuring;
using MlOps.Environments;
using MlOps.Registry;

namespace MlOps.Benchmarks.Claims.Registry;

internal static class SearchClaims
{
    private const int Repeats = 21;

    private static readonly (string Name, string Filter)[] Filters =
    [
        ("no filter", ""),
        ("metric, half match", "metrics.auc > 0.5"),
        ("metric, few match", "metrics.auc > 0.9995"),
        ("metric, none match", "metrics.auc > 2"),
        ("metric and parameter", "metrics.auc > 0.8 and params.lr = 'value 7'"),
        ("three clauses", "metrics.auc > 0.5 and metrics.metric2 < 0.5 and tags.owner = 'team 3'"),
        ("three clauses, none match", "metrics.auc > 0.3 and metrics.metric2 > 0.3 and metrics.metric3 > 2"),
        ("three clauses that exclude each other", "metrics.auc < 0.4 and metrics.metric2 < 0.4 and metrics.auc >= 0.41"),
        ("LIKE on a label, none match", "tags.tag1 like '%nothing of the kind%'"),
        ("LIKE on a label, some match", "tags.tag1 like '%label 5_'"),
        ("ILIKE on a label", "tags.tag1 ilike '%LABEL 99%'"),
        ("metric or label", "metrics.auc > 0.999 or tags.owner = 'team 3'"),
        ("metric or label, none match", "metrics.auc > 2 or tags.owner = 'nobody'"),
        ("not, few remain", "not (metrics.auc > 0.001)"),
        ("not, none remain", "not (metrics.auc >= 0)"),
        ("!= that all match", "tags.owner != 'nobody'"),
        ("key missing", "metrics.sparse is null"),
        ("key missing everywhere", "metrics.nowhere > 0"),
        ("key present, label missing", "metrics.sparse is not null and tags.tag4 is null and params.lr != 'value 3'"),
        ("IN of 20 texts", "params.lr in (" + string.Join(", ", Enumerable.Range(30, 20).Select(i => $"'value {i}'")) + ")"),
        ("NOT IN and BETWEEN", "params.lr not in ('value 1', 'value 2') and metrics.auc between 0.2 and 0.2005"),
        ("attribute, few match", "status = 'Failed' and user = 'user3' and metrics.auc > 0.9"),
        ("attribute LIKE, none match", "run_name like '%nothing%'"),
        ("time range", "start_time > '2023-11-15' and start_time < '2023-11-16' and metrics.auc < 0.5"),
    ];

    private static readonly (string Name, string Filter)[] Orders =
    [
        ("metric", "order by metrics.auc desc"),
        ("metric ascending, with missing", "order by metrics.sparse"),
        ("metric that is nowhere", "order by metrics.nowhere desc"),
        ("metric, half match", "metrics.metric2 > 0.5 order by metrics.auc desc"),
        ("metric, few match", "tags.owner = 'team 3' order by metrics.auc desc"),
        ("metric, none match", "tags.owner = 'nobody' order by metrics.auc desc"),
        ("metric, excluding filter", "metrics.metric2 < 0.4 and metrics.auc < 0.5 and metrics.metric2 >= 0.41 order by metrics.auc desc"),
        ("two metrics", "order by metrics.auc desc, metrics.metric2"),
        ("label, then metric", "order by tags.owner, metrics.auc desc"),
        ("name", "order by run_name"),
        ("duration, then metric", "order by duration desc, metrics.auc"),
    ];

    public static IEnumerable<IClaim> All =>
    [
        new Claim(
            "registry.search-filters",
            "the slowest of 24 filters over 10,000 runs of 10 metrics, 5 parameters and 5 labels each: time of a page of 100 with all values, embedded (MLflow 3.11 over HTTP: 65-85 ms)",
            "at most 7 ms",
            (context, stop) => SearchAsync(context, 10_000, Filters, 7, stop)),
        new Claim(
            "registry.search-order",
            "the slowest of 11 orders, by a metric among them, over the same 10,000 runs (MLflow 3.11: 6,129 ms by a metric)",
            "at most 30 ms",
            (context, stop) => SearchAsync(context, 10_000, Orders, 30, stop)),
        new Claim(
            "registry.search-100k",
            "the slowest of the same 35 searches over 100,000 runs",
            "at most 100 ms",
            (context, stop) => SearchAsync(context, 100_000, [.. Filters, .. Orders], 100, stop)),
        new Claim(
            "registry.open-versions",
            "opening a store of 100,000 versions and reading one of them",
            "at most 100 ms",
            OpenAsync),
        new Claim(
            "registry.alias-at",
            "what an alias pointed at at a moment, among 100,000 moves of it: the slowest of 200 moments",
            "at most 10 ms",
            AliasAtAsync),
    ];

    private static async Task<ClaimResult> SearchAsync(ClaimContext context, int runs, (string Name, string Filter)[] searches, double bound, CancellationToken stop)
    {
        await using var host = new ClaimHost(context.Folder);
        await SearchStore.WriteRunsAsync(host, runs, stop);
        var experiments = host.Environment.Get<IExperiments>();
        var some = (await experiments.SearchRunsAsync("limit 1", stop)).Runs[0].Id;
        var (point, _) = await MeasureAsync(async () => (await experiments.GetRunAsync(some, stop)).Metrics.Count);
        List<IReadOnlyList<string>> rows = [];
        double slowest = 0;
        double dearest = 0;
        foreach (var (name, filter) in searches)
        {
            var query = new RunQuery { Filter = filter };
            var first = await experiments.SearchRunsAsync(query, stop);
            List<(double Wall, double Cpu)> times =
            [
                await MeasureAsync(async () => (await experiments.SearchRunsAsync(query, stop)).Runs.Count),
                await MeasureAsync(async () => (await experiments.SearchRunsAsync(query with { Experiments = ["main"] }, stop)).Runs.Count),
            ];
            if (first.NextCursor is { } next)
                times.Add(await MeasureAsync(async () => (await experiments.SearchRunsAsync(query with { Cursor = next }, stop)).Runs.Count));
            slowest = Math.Max(slowest, times.Max(time => time.Wall));
            dearest = Math.Max(dearest, times.Max(time => time.Cpu));
            rows.Add(
            [
                name, filter.Length > 90 ? filter[..90] + "..." : filter, $"{first.Runs.Count}", Shown(times[0].Wall), Shown(times[1].Wall), times.Count > 2 ? Shown(times[2].Wall) : "",
                Shown(times.Max(time => time.Cpu)), string.Create(CultureInfo.InvariantCulture, $"{times[0].Wall / point:F0} x"),
            ]);
            context.Report($"{name}: {string.Join(", ", times.Select(time => $"{Shown(time.Wall)} ({Shown(time.Cpu)})"))}");
        }

        return ClaimResult.AtMost(
            slowest, bound, $"{Shown(slowest)} ms ({Shown(dearest)} ms of processor time)",
            new ClaimDetail(
                string.Create(CultureInfo.InvariantCulture, $"Searches over {runs:N0} runs, ms for a page of 100 with all values (lower quartile of {Repeats}); the baseline of the last column is reading one run by its id, {point:F3} ms"),
                ["search", "text", "rows", "all experiments", "one experiment", "second page", "processor, at most", "of one run"], rows));
    }

    private static async Task<ClaimResult> OpenAsync(ClaimContext context, CancellationToken stop)
    {
        string folder;
        await using (var host = new ClaimHost(context.Folder))
        {
            var pattern = await RegistryClaims.AddVersionAsync(host, 0, stop);
            await SearchStore.WriteVersionsAsync(host, pattern, 1_000, 100, stop);
            folder = host.Environment.Context.Directory;
        }

        List<double> opened = [];
        List<double> read = [];
        for (int i = 0; i < 15; i++)
        {
            long start = Stopwatch.GetTimestamp();
            await using var stores = EnvironmentStores.OpenEmbedded("sandbox", EnvironmentKind.Sandbox, folder);
            opened.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            var registry = new SqlModelRegistry(stores.Context);
            var version = await registry.GetAsync(new ModelVersionRef("model500", 50), stop);
            read.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds + (version.Version == 50 ? 0 : double.NaN));
        }

        double first = read[0];
        double median = Median(read);
        return ClaimResult.AtMost(
            median, 100, Shown(median) + " ms",
            new ClaimDetail("Opening 100,000 versions of 1,000 models, ms (median of 15)", ["open", "open and read one version", "the first of the 15"], [[Shown(Median(opened)), Shown(median), Shown(first)]]));
    }

    private static async Task<ClaimResult> AliasAtAsync(ClaimContext context, CancellationToken stop)
    {
        const int moves = 100_000;
        await using var host = new ClaimHost(context.Folder);
        var version = await RegistryClaims.AddVersionAsync(host, 0, stop);
        await SearchStore.WriteMovesAsync(host, version.Model, "champion", moves, stop);
        var registry = host.Environment.Get<IModelRegistry>();
        var random = new Random(context.Seed);
        _ = await registry.FindAliasAtAsync(version.Model, "champion", new Timestamp(0), stop);
        List<double> times = [];
        for (int i = 0; i < 200; i++)
        {
            int second = random.Next(moves);
            long start = Stopwatch.GetTimestamp();
            var change = await registry.FindAliasAtAsync(version.Model, "champion", new Timestamp((second * 1_000_000L) + 500_000), stop);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            if (change?.To != ((second + 1) % 2) + 1)
                return new ClaimResult(double.NaN, $"wrong at {second} s", false);
        }

        double slowest = times.Max();
        return ClaimResult.AtMost(
            slowest, 10, Shown(slowest) + " ms",
            new ClaimDetail("What was in production at a moment, among 100,000 moves, ms", ["median", "slowest of 200"], [[Shown(Median(times)), Shown(slowest)]]));
    }

    private static async Task<(double Wall, double Cpu)> MeasureAsync(Func<ValueTask<int>> act)
    {
        for (int i = 0; i < 3; i++)
            await act();
        double[] walls = new double[Repeats];
        double[] cpus = new double[Repeats];
        for (int i = 0; i < Repeats; i++)
        {
            var cpu = CpuClock.Process;
            long start = Stopwatch.GetTimestamp();
            await act();
            walls[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            cpus[i] = (CpuClock.Process - cpu).TotalMilliseconds;
        }

        return (Paired.LowerQuartile(walls), Paired.LowerQuartile(cpus));
    }

    private static double Median(List<double> times)
    {
        double[] sorted = [.. times.Order()];
        return sorted[sorted.Length / 2];
    }

    private static string Shown(double milliseconds) => milliseconds.ToString("F2", CultureInfo.InvariantCulture);
}
