using FsCheck;
using FsCheck.Fluent;
using MlOps.Testing;

namespace MlOps.Registry.Tests;

public sealed class SearchTests : IAsyncDisposable
{
    private readonly TestEnvironment _environment = new(clock: new FakeClock(Now.ToDateTimeOffset()));

    internal static Timestamp Now { get; } = Timestamp.Utc(2001, 9, 9);

    private EnvironmentContext Context => _environment.Context;

    public ValueTask DisposeAsync() => _environment.DisposeAsync();

    [Theory]
    [InlineData(0, 1_000)]
    [InlineData(1_000_000, 1_000)]
    public async Task SearchRuns_RandomFiltersAndOrders_AreWhatTheyMean(long unplanned, int cases)
    {
        var world = new SearchWorld(7, 60);
        await world.InsertAsync(Context);
        var experiments = new SqlExperiments(Context) { SearchesUnplanned = unplanned };
        var matched = 0;
        Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            var search = new RandomSearch(random);
            var filter = search.Filter();
            var order = search.Order();
            string[] chosen = random.Next(3) switch { 0 => ["experiment1"], 1 => ["experiment0", "experiment2"], _ => [] };
            var query = new RunQuery { Filter = filter.Text + (order.Text.Length > 0 ? " order by " + order.Text : ""), Experiments = chosen, Limit = random.Next(8, 100), Select = [] };
            var expected = world.Runs.Where(run => filter.Matches(run) && (chosen.Length == 0 || chosen.Contains(run.Experiment))).ToList();
            expected.Sort(order.Compare);
            var found = new List<string>();
            string? cursor = null;
            do
            {
                var page = experiments.SearchRunsAsync(query with { Cursor = cursor }).AsTask().GetAwaiter().GetResult();
                found.AddRange(page.Runs.Select(run => run.Id));
                cursor = page.NextCursor;
            }
            while (cursor is not null && found.Count < 1_000);
            matched += found.Count;
            found.Should().Equal(expected.Select(run => run.Id), query.Filter);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(cases).WithQuietOnSuccess(true));
        matched.Should().BeGreaterThan(cases * 5);
    }

    [Fact]
    public async Task SearchRuns_Records_AreThoseThatGetReturns()
    {
        var world = new SearchWorld(3, 130);
        await world.InsertAsync(Context);
        var experiments = new SqlExperiments(Context);
        var page = await experiments.SearchRunsAsync(new RunQuery { Limit = 125 });
        page.Runs.Should().HaveCount(125);
        foreach (var run in page.Runs)
            run.Should().BeEquivalentTo(await experiments.GetRunAsync(run.Id));
    }

    [Fact]
    public async Task SearchRuns_RowsComeAndChangeBetweenPages_TheOthersComeExactlyOnce()
    {
        var world = new SearchWorld(11, 60);
        await world.InsertAsync(Context);
        var experiments = new SqlExperiments(Context) { SearchesUnplanned = 0 };
        Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            var order = new RandomSearch(random).Order();
            var before = world.Runs.ToList();
            var changed = new HashSet<string>();
            var found = new List<string>();
            var query = new RunQuery { OrderBy = order.Text, Limit = random.Next(5, 40), Select = [] };
            do
            {
                var page = experiments.SearchRunsAsync(query).AsTask().GetAwaiter().GetResult();
                found.AddRange(page.Runs.Select(run => run.Id));
                query = query with { Cursor = page.NextCursor };
                var fresh = SearchWorld.NewRun(random, $"{random.NextInt64():x16}{random.NextInt64():x16}");
                world.Runs.Add(fresh);
                SearchWorld.InsertAsync(Context, [fresh]).GetAwaiter().GetResult();
                changed.Add(fresh.Id);
                var moved = SearchWorld.Pick(random, world.Runs);
                changed.Add(moved.Id);
                moved.Metrics["auc"] = random.NextDouble();
                Context.Metadata.WriteAsync((session, _) => session.ExecuteAsync(
                    "INSERT INTO experiments_series (run_id, name, points, last_step, last_at, last_value) VALUES (@id, 'auc', 1, 0, 0, @value) " +
                    "ON CONFLICT (run_id, name) DO UPDATE SET last_value = excluded.last_value", ("id", moved.Id), ("value", moved.Metrics["auc"]))).AsTask().GetAwaiter().GetResult();
            }
            while (query.Cursor is not null);
            found.Where(id => !changed.Contains(id)).Should().BeEquivalentTo(before.Select(run => run.Id).Where(id => !changed.Contains(id)), order.Text);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(12).WithQuietOnSuccess(true));
    }

    [Fact]
    public async Task SearchRuns_Projection_ReadsOnlyWhatIsNamed()
    {
        await new SearchWorld(5, 40).InsertAsync(Context);
        var experiments = new SqlExperiments(Context);
        var whole = (await experiments.SearchRunsAsync(new RunQuery { Limit = 40 })).Runs;
        var some = (await experiments.SearchRunsAsync("select metrics.auc, params.*, metrics.`val loss` where metrics.auc > 0 order by start_time")).Runs;
        some.Should().NotBeEmpty();
        foreach (var run in some)
        {
            var all = whole.Single(other => other.Id == run.Id);
            run.Metrics.Should().BeEquivalentTo(all.Metrics.Where(metric => metric.Key is "auc" or "val loss"));
            run.Parameters.Should().BeEquivalentTo(all.Parameters);
            run.Tags.Should().BeEmpty();
            run.Inputs.Should().BeEmpty();
        }

        var inputs = (await experiments.SearchRunsAsync(new RunQuery { Select = ["inputs", "tags"], Limit = 40 })).Runs;
        inputs.Select(run => run.Inputs.Count).Should().Equal(whole.Select(run => run.Inputs.Count));
        inputs.Should().OnlyContain(run => run.Metrics.Count == 0 && run.Parameters.Count == 0);
        (await Refused(() => experiments.SearchRunsAsync(new RunQuery { Select = ["metrcs.auc"] }))).Should().Contain("'metrics'");
        (await Refused(() => experiments.SearchRunsAsync(new RunQuery { Filter = "select tags", Select = ["tags"] }))).Should().Contain("Give one of them");
    }

    [Fact]
    public async Task SearchRuns_HostileTexts_AreOnlyEverValues()
    {
        string[] hostile =
        [
            "'; DROP TABLE experiments_runs; --", "x' OR '1'='1", "\" OR 1=1 --", "`); DELETE FROM experiments_tags; --", "@p0", "$1", ":x", "?1", "%' OR 1 --", "a\r\nb", "/* */", "\u202Eabc", "𝔘𝔫𝔦", "😀", "{covered:x}", "x\\'y",
        ];
        await new SearchWorld(5, 20).InsertAsync(Context);
        var experiments = new SqlExperiments(Context);
        foreach (var text in hostile)
        {
            await using (var run = await experiments.StartRunAsync("hostile", new RunOptions { Name = text, Tags = new Dictionary<string, string> { ["note"] = text } }))
                run.LogParameter("p", text);
            var quoted = "'" + text.Replace("'", "''") + "'";
            foreach (var filter in new[] { $"tags.note = {quoted}", $"params.p in ({quoted}, 'z')", $"run_name = {quoted}", $"tags.note like {quoted}", $"`run_name` ilike {quoted}" })
                (await experiments.SearchRunsAsync(new RunQuery { Filter = filter, Experiments = ["hostile"] })).Runs.Should().ContainSingle(filter).Which.Name.Should().Be(text);
            var key = "`" + text.Replace("`", "``") + "`";
            foreach (var filter in new[] { $"tags.{key} = 'x'", $"metrics.{key} > 0", $"params.{key} is not null order by metrics.{key}, tags.{key} desc" })
                (await experiments.SearchRunsAsync(filter)).Runs.Should().BeEmpty();
            foreach (var filter in new[] { text, $"{key} = 'x'", $"{key}.a = 'x'", $"metrics.auc > 0 order by {key}", $"metrics.auc {text} 0" })
                await Refused(() => experiments.SearchRunsAsync(filter));
        }

        (await experiments.SearchRunsAsync(new RunQuery { Limit = 1000 })).Runs.Should().HaveCount(20 + hostile.Length);
    }

    [Fact]
    public void SearchText_AnyText_IsReadOrRefusedAndNothingElse()
    {
        string[] pieces = ["metrics.", "auc", "tags.a", " and ", " or ", "not ", "(", ")", "'", "\"", "`", " > ", "=", "!=", "0.5", "-", "1e", "7d", "now", " in ", ",", " like ", " is ", "null", " order by ", " limit ", "select ", " where ", "\0", "é", "\ud800", ".", "*", "between "];
        Prop.ForAll(Gen.Elements(pieces).ArrayOf().ToArbitrary(), parts =>
        {
            try
            {
                _ = SearchParser.Parse(string.Concat(parts));
            }
            catch (InvalidInputException error)
            {
                error.Message.Should().NotBeEmpty();
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5_000).WithQuietOnSuccess(true));
    }

    [Fact]
    public async Task SearchRuns_DeletedRun_IsNotFound()
    {
        var world = new SearchWorld(5, 3);
        await world.InsertAsync(Context);
        await Context.Metadata.WriteAsync((session, _) => session.ExecuteAsync("UPDATE experiments_runs SET deleted_at = 1 WHERE id = @id", ("id", world.Runs[1].Id)));
        (await new SqlExperiments(Context).SearchRunsAsync("order by metrics.auc")).Runs.Select(run => run.Id).Should().BeEquivalentTo(world.Runs[0].Id, world.Runs[2].Id);
    }

    [Fact]
    public async Task StreamRuns_SeveralPages_YieldsAll()
    {
        await new SearchWorld(5, 95).InsertAsync(Context);
        var seen = new HashSet<string>();
        await foreach (var run in new SqlExperiments(Context).StreamRunsAsync(new RunQuery { Limit = 20 }))
            seen.Add(run.Id).Should().BeTrue();
        seen.Should().HaveCount(95);
    }

    [Fact]
    public async Task SearchModels_ModelsComeBetweenPages_AreInTheirPlaceAndNoneIsSkipped()
    {
        var registry = new SqlModelRegistry(Context);
        foreach (var name in new[] { "churn", "fraud" })
            await registry.RegisterAsync(await Drafts.SmallAsync(Context, name));
        var first = await registry.SearchModelsAsync(new ModelQuery { Limit = 1 });
        foreach (var name in new[] { "alpha", "delta" })
            await registry.RegisterAsync(await Drafts.SmallAsync(Context, name));
        var second = await registry.SearchModelsAsync(new ModelQuery { Limit = 10, Cursor = first.NextCursor });
        first.Models.Concat(second.Models).Select(model => model.Name).Should().Equal("churn", "delta", "fraud");
    }

    [Fact]
    public async Task Search_WithoutPermissionToRead_IsRefused()
    {
        var context = Denied();
        await FluentActions.Awaiting(() => new SqlExperiments(context).SearchRunsAsync("").AsTask()).Should().ThrowAsync<AccessDeniedException>();
        await FluentActions.Awaiting(() => new SqlModelRegistry(context).SearchVersionsAsync("").AsTask()).Should().ThrowAsync<AccessDeniedException>();
        await FluentActions.Awaiting(() => new SqlModelRegistry(context).SearchModelsAsync("").AsTask()).Should().ThrowAsync<AccessDeniedException>();
    }

    internal static async Task<string> Refused<T>(Func<ValueTask<T>> search) =>
        (await FluentActions.Awaiting(() => search().AsTask()).Should().ThrowAsync<InvalidInputException>()).Which.Message;

    private EnvironmentContext Denied() => new()
    {
        Name = Context.Name, Kind = Context.Kind, Directory = Context.Directory, Files = Context.Files, Metadata = Context.Metadata, Artifacts = Context.Artifacts,
        Events = Context.Events, Audit = Context.Audit, Caller = Context.Caller, Clock = Context.Clock, Access = new Nobody(),
    };

    private sealed class Nobody : IAccessControl
    {
        public bool Allows(EnvironmentPermission permission) => false;

        public void Require(EnvironmentPermission permission, string subject) => throw new AccessDeniedException($"{permission} of {subject}");
    }
}
