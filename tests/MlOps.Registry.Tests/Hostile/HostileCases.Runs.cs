namespace MlOps.Registry.Tests;

internal static partial class HostileCases
{
    private static IEnumerable<HostileCase> Runs()
    {
        foreach (var (what, id) in new (string, string)[] { ("climbing", "../../etc/passwd"), ("10 MB", Megabytes), ("SQL", "' OR 1=1 --"), ("of another environment", Guid.CreateVersion7().ToString("N")), ("control", "a\u0007\u202E") })
        {
            yield return HostileCase.Of<NotFoundException>($"run: {what}", "There is no run '*in environment 'sandbox'", store => store.Experiments.GetRunAsync(id).AsTask());
            yield return HostileCase.Of<NotFoundException>($"tags of a run: {what}", "There is no run '", store => store.Experiments.SetRunTagsAsync(id, new Dictionary<string, string?> { ["a"] = "b" }).AsTask());
            yield return HostileCase.Of<NotFoundException>($"parent: {what}", "The parent run '*does not exist", store => store.Experiments.StartRunAsync("x", new RunOptions { ParentRunId = id }).AsTask());
            yield return HostileCase.Of<NotFoundException>($"deletion of a run: {what}", "There is no run '", store => store.Experiments.DeleteRunAsync(id, "").AsTask());
        }

        yield return Logged<InvalidInputException>("child: of another parent", "name run '*Leave ParentRunId null", (store, run) => run.StartChildAsync(new RunOptions { ParentRunId = store.Parent }).AsTask());
        yield return HostileCase.Prepared<InvalidInputException>("child: 33 deep", "runs deep; at most 32", async store =>
        {
            var parent = store.Parent;
            for (var depth = 1; depth < 32; depth++)
            {
                await using var run = await store.Experiments.StartRunAsync("deep", new RunOptions { ParentRunId = parent, SystemMetricsInterval = null });
                parent = run.Id;
            }

            return new Attack(() => store.Experiments.StartRunAsync("deep", new RunOptions { ParentRunId = parent }).AsTask());
        });
        yield return Logged<InvalidInputException>("deletion: of a run that goes on", "Run", (store, run) => store.Experiments.DeleteRunAsync(run.Id, "").AsTask());
        yield return HostileCase.Of<InvalidInputException>("deletion: without the children", "runs below it, among them", store => store.Experiments.DeleteRunAsync(store.Parent, "", includeChildren: false).AsTask());
        foreach (var step in (long[])[-1, long.MinValue])
            yield return Logged<ArgumentOutOfRangeException>($"step: {step}", "step", run => run.LogMetric("known", 1, step));
        yield return Logged<InvalidInputException>("metrics: one name of three is wrong", "Metric name '../c'", run => run.LogMetrics([new("known", 1), new("known", 2), new("../c", 3)], 7));
        yield return Logged<InvalidInputException>("parameter: another value", "is '1' already and cannot become '2'", run => run.LogParameter("known", "2"));
        yield return Logged<InvalidInputException>("input: fewer than no rows", "has -1 rows", run => run.LogInput(new RunInput("d", "x", "training") { Rows = -1 }));
        yield return Logged<InvalidInputException>("input: a schema of 10 MB", "The schema of input 'd' has 10485760", run => run.LogInput(new RunInput("d", "x", "training") { Schema = Megabytes }));
        yield return Logged<InvalidInputException>("end: as running", "cannot be ended as Running", (_, run) => run.CompleteAsync(RunStatus.Running).AsTask());
        yield return Logged<InvalidInputException>("end: as something else", "cannot be ended as 99", (_, run) => run.CompleteAsync((RunStatus)99).AsTask());
        yield return Logged<InvalidDefinitionException>("run artifact: media type with a header", "Artifact 'a' has the media type", (_, run) => run.LogArtifactAsync("a", new MemoryStream(), "a/b\r\nc: d").AsTask());
        yield return HostileCase.Prepared<InvalidInputException>("run artifact: other bytes under a name", "another artifact 'a' already", async store =>
        {
            var run = await store.RunAsync();
            await run.LogArtifactAsync("a", new MemoryStream("one"u8.ToArray()), "text/plain");
            await Drafts.StoreAsync(store.Context, "two");
            return new Attack(() => run.LogArtifactAsync("a", new MemoryStream("two"u8.ToArray()), "text/plain").AsTask());
        });
        yield return HostileCase.Of<InvalidInputException>("system metrics: every millisecond", "SystemMetricsInterval is 00:00:00.0010000",
            store => store.Experiments.StartRunAsync("x", new RunOptions { SystemMetricsInterval = TimeSpan.FromMilliseconds(1) }).AsTask());
        yield return HostileCase.Of<InvalidInputException>("history: backwards", "FromStep 5 lies after ToStep 1",
            store => store.Experiments.GetMetricHistoryAsync(store.Parent, "loss", new MetricHistoryOptions { FromStep = 5, ToStep = 1 }).AsTask());
        yield return HostileCase.Of<InvalidInputException>("history: -1 points", "MaxPoints is -1", store => store.Experiments.GetMetricHistoryAsync(store.Parent, "loss", new MetricHistoryOptions { MaxPoints = -1 }).AsTask());
        yield return HostileCase.Of<InvalidInputException>("comparison: 101 runs", "101 runs cannot be compared: name 2 to 100", store => store.Experiments.CompareRunsAsync([.. Enumerable.Repeat(store.Parent, 101)]).AsTask());
        yield return HostileCase.Of<InvalidInputException>("run tags: null", "tags are null", store => store.Experiments.StartRunAsync("x", new RunOptions { Tags = null! }).AsTask());
        yield return HostileCase.Of<InvalidInputException>("collection: of what was stored a moment ago", "MinimumAge is 00:00:00; at least", store =>
            store.Get<IArtifactCollector>().CollectAsync(new CollectionOptions { MinimumAge = TimeSpan.Zero }).AsTask());
    }

    private static IEnumerable<HostileCase> Searches()
    {
        foreach (var (what, filter) in new (string, string)[]
        {
            ("a second statement", "metrics.auc > 0.8; DROP TABLE registry_models"), ("a comment", "name = 'x' -- "), ("a union", "name = 'x' UNION SELECT 1"), ("a subquery", "version = (SELECT 1)"), ("a call", "load_extension('x') = 1"),
            ("an open quote", "name = 'x"), ("an unknown field", "password = 'x'"), ("100,001 characters", new string(' ', 100_001)), ("10 MB", Megabytes), ("1,000 parentheses", new string('(', 1_000) + "version = 1" + new string(')', 1_000)),
            ("1,000 times NOT", string.Concat(Enumerable.Repeat("NOT ", 1_000)) + "version = 1"), ("201 comparisons", string.Join(" and ", Enumerable.Repeat("version = 1", 201))), ("2,001 values", $"version in ({string.Join(',', Enumerable.Range(0, 2_001))})"),
            ("a NUL", "name = 'a\0b'"), ("half a surrogate", "name = '\uD800'"), ("a full-width operator", "version \uFF1D 1"), ("a typographic quote", "name = \u2019x\u2019"), ("51 wildcards", $"name like '{new string('%', 51)}'"),
            ("a number beyond all bounds", "version = 1e999999"), ("only an operator", "="), ("a limit of -1", "version = 1 limit -1"), ("a limit beyond all bounds", "version = 1 limit 99999999999999999999"), ("an empty list", "version in ()"),
        })
        {
            yield return HostileCase.Of<InvalidInputException>($"filter: {what}", "", store => store.Models.SearchVersionsAsync(new VersionQuery { Filter = filter }).AsTask());
        }

        foreach (var limit in (int[])[0, -1, int.MaxValue])
            yield return HostileCase.Of<InvalidInputException>($"search: {limit} rows", "50000", store => store.Experiments.SearchRunsAsync(new RunQuery { Limit = limit }).AsTask());
        yield return HostileCase.Of<InvalidInputException>("order: an injection", "", store => store.Models.SearchVersionsAsync(new VersionQuery { OrderBy = "version; DROP TABLE registry_models" }).AsTask());
        yield return HostileCase.Of<InvalidInputException>("order: nine keys", "8", store => store.Models.SearchVersionsAsync(new VersionQuery { OrderBy = string.Join(", ", Enumerable.Range(0, 9).Select(i => $"metrics.m{i}")) }).AsTask());
        foreach (var (what, cursor) in new (string, string)[]
            { ("garbage", "not a cursor"), ("empty", ""), ("zeros", new string('A', 100)), ("10 MB", Megabytes), ("a path", "../../etc/passwd"), ("half a surrogate", "\uD800") })
        {
            yield return HostileCase.Of<InvalidInputException>($"cursor: {what}", "The cursor cannot be used: *Pass the NextCursor", store => store.Models.SearchVersionsAsync(new VersionQuery { Cursor = cursor }).AsTask());
        }

        yield return HostileCase.Prepared<InvalidInputException>("cursor: of another search", "belongs to another filter", async store =>
        {
            var page = await store.Models.SearchVersionsAsync(new VersionQuery { Limit = 1 });
            return new Attack(() => store.Models.SearchVersionsAsync(new VersionQuery { Limit = 1, Filter = "version > 0", Cursor = page.NextCursor }).AsTask());
        });
        yield return HostileCase.Prepared<InvalidInputException>("cursor: a letter changed", "The cursor cannot be used", async store =>
        {
            var cursor = (await store.Models.SearchVersionsAsync(new VersionQuery { Limit = 1 })).NextCursor!.ToCharArray();
            cursor[30] = cursor[30] == 'A' ? 'B' : 'A';
            return new Attack(() => store.Models.SearchVersionsAsync(new VersionQuery { Limit = 1, Cursor = new string(cursor) }).AsTask());
        });
    }
}
