using System.Diagnostics;
using System.Globalization;
using MlOps.Benchmarks.Measuring;
using MlOps.Environments;
using MlOps.Features;

namespace MlOps.Benchmarks.Claims.Features;

internal static class CatalogueClaims
{
    private const int Views = 500;
    private const int FeaturesPerView = 20;
    private const int Repeats = 21;

    private static readonly (string Name, FeatureQuery Query)[] Searches =
    [
        ("no filter", new FeatureQuery()),
        ("one word that all names hold", new FeatureQuery { Text = "feature" }),
        ("one word of few names", new FeatureQuery { Text = "feature_17" }),
        ("two words of descriptions", new FeatureQuery { Text = "measured minutes" }),
        ("a word that stands nowhere", new FeatureQuery { Text = "nothing-of-the-kind" }),
        ("part of a name, owner and tag", new FeatureQuery { Name = "ture_1", Owner = "group:team3", Tags = ["tag7"] }),
        ("entity and sensitivity", new FeatureQuery { Entity = "entity4", Sensitivity = FeatureSensitivity.Personal }),
        ("deprecated", new FeatureQuery { Deprecated = true, Kinds = [CatalogueKind.Feature] }),
        ("features only, page 100", new FeatureQuery { Kinds = [CatalogueKind.Feature], Skip = 1980 }),
    ];

    public static IEnumerable<IClaim> All =>
    [
        new Claim(
            "features.catalogue-search",
            "the slowest of 9 searches over 10,000 features of 500 views with the sharing rules of two callers: time of a page of 20 with freshness and statistics",
            "at most 5 ms",
            SearchAsync),
    ];

    private static async Task<ClaimResult> SearchAsync(ClaimContext context, CancellationToken stop)
    {
        var caller = new CallerAccessor();
        await using var stores = EnvironmentStores.OpenEmbedded("sandbox", EnvironmentKind.Sandbox, context.Folder, caller: caller, access: new EnvironmentAccess
        {
            Users = new Dictionary<string, IReadOnlyList<EnvironmentRole>> { ["dev"] = [EnvironmentRole.Developer], ["admin"] = [EnvironmentRole.Admin] },
        });
        using var store = new FeatureStore(stores.Context, [.. Enumerable.Range(0, Views).Select(ViewOf)], [.. Enumerable.Range(0, 100).Select(ServiceOf)], new FeatureStoreOptions());
        await store.EnsureReadyAsync(stop);
        // The views of the first page by use, and of the first by name.
        foreach (int v in Enumerable.Range(0, 30))
        {
            await store.IngestAsync($"view{v}", Rows(), "all", stop);
            await store.Catalogue.ComputeStatisticsAsync($"view{v}", stop);
        }

        // Long enough for the compiler to have done with the search, whatever else runs.
        long begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(5))
        {
            foreach (var (_, query) in Searches)
                await store.Catalogue.SearchAsync(query, stop);
        }

        List<IReadOnlyList<string>> rows = [];
        double slowest = 0;
        foreach (string name in new[] { "admin", "dev" })
        {
            using var _ = caller.ActAs(CallerAccessor.Named(name));
            foreach (var (what, query) in Searches)
            {
                var page = await store.Catalogue.SearchAsync(query, stop);
                (double wall, double cpu) = await MeasureAsync(async () => (await store.Catalogue.SearchAsync(query, stop)).Hits.Count);
                slowest = Math.Max(slowest, wall);
                rows.Add([name, what, $"{page.Total}", $"{page.Hits.Count}", Shown(wall), Shown(cpu)]);
                context.Report($"{name}, {what}: {page.Total} found, {Shown(wall)} ms ({Shown(cpu)} ms of processor time)");
            }
        }

        return ClaimResult.AtMost(
            slowest, 5, Shown(slowest) + " ms",
            new ClaimDetail(
                $"Searches over {Views * FeaturesPerView:N0} features, ms for a page of 20 (lower quartile of {Repeats})", ["caller", "search", "found", "hits", "time", "processor"], rows));
    }

    private static FeatureView ViewOf(int v)
    {
        var view = FeatureView.Define($"view{v}").Describe($"What was measured at place {v % 90}").Entity(new Entity($"entity{v % 20}", ["key"])).EventTime("at").Owner($"group:team{v % 7}").Tag($"tag{v % 11}")
            .ExpectFreshness(TimeSpan.FromHours(1)).Share(FeatureAudience.Role(EnvironmentRole.Developer), v % 3 == 0 ? FeatureVisibility.Values : FeatureVisibility.Metadata);
        for (int f = 0; f < FeaturesPerView; f++)
        {
            int number = (v * FeaturesPerView) + f;
            view.LastValue("value", name: $"feature_{number}").Feature($"feature_{number}", notes =>
            {
                notes.Describe($"Value {f}, measured every {1 + (number % 60)} minutes").Tag($"own{number % 40}").Sensitivity((FeatureSensitivity)(number % 4));
                if (number % 50 == 0)
                    notes.Deprecate("no longer measured");
                if (number % 10 == 0)
                    notes.Close();
                else if (number % 10 == 1)
                    notes.Share(FeatureAudience.User($"user{number % 100}"), FeatureVisibility.Values).Share(FeatureAudience.Everyone, FeatureVisibility.Metadata);
            });
        }

        return view.Build();
    }

    private static FeatureService ServiceOf(int s) =>
        FeatureService.Define($"service{s}").View($"view{s % 40}", [.. Enumerable.Range(0, 1 + (s % 5)).Select(f => $"feature_{((s % 40) * FeaturesPerView) + f}")]).View($"view{100 + s}").Build();

    private static DataFrame Rows() => new(
        DataColumn.Create("key", Enumerable.Range(0, 100).Select(i => $"k{i % 10}").ToArray()),
        DataColumn.Create("at", Enumerable.Range(0, 100).Select(i => Timestamp.Utc(2001, 1, 1) + TimeSpan.FromMinutes(i)).ToArray()),
        DataColumn.Create("value", Enumerable.Range(0, 100).Select(i => (double)i).ToArray()));

    private static async Task<(double Wall, double Cpu)> MeasureAsync(Func<ValueTask<int>> act)
    {
        for (int i = 0; i < 5; i++)
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

    private static string Shown(double milliseconds) => milliseconds.ToString("F2", CultureInfo.InvariantCulture);
}
