using MlOps.Testing;

namespace MlOps.Registry.Tests;

/// <summary>The rules of MLflow's grammar that are kept, what goes beyond it, and what is refused with which words.</summary>
public sealed class SearchRuleTests(SearchRuleTests.FourRuns runs) : IClassFixture<SearchRuleTests.FourRuns>
{
    private readonly EnvironmentContext _context = runs.Environment.Context;
    private readonly FakeClock _clock = runs.Environment.Clock;

    private SqlExperiments Experiments => new(_context);

    [Theory]
    [InlineData("", "d c b a")]
    [InlineData("metrics.auc > 0.8", "a")]
    [InlineData("metric.auc<=0.7", "b")]
    [InlineData("metrics.`a b` = 1", "a")]
    [InlineData("metrics.\"a b\" = 1", "a")]
    [InlineData("metrics.auc != 0.9", "b")]
    [InlineData("metrics.auc > -1e3 AND metrics.auc < 1E+3", "b a")]
    [InlineData("params.model = \"CNN\"", "b")]
    [InlineData("param.model LIKE 'c%'", "d")]
    [InlineData("parameters.model ILIKE 'c%'", "d b")]
    [InlineData("params.model != 'CNN'", "d a")]
    [InlineData("tags.mlflow.source.type = 'LOCAL'", "a")]
    [InlineData("tags.`mlflow.source.type` = 'LOCAL'", "a")]
    [InlineData("tag.owner LIKE 'a%'", "a")]
    [InlineData("tags.owner ILIKE 'A__'", "b a")]
    [InlineData("tags.owner IS NULL", "d")]
    [InlineData("tags.owner IS NOT NULL", "c b a")]
    [InlineData("params.model IS NULL", "c")]
    [InlineData("tags.is_prompt != 'true'", "")]
    [InlineData("not tags.is_prompt = 'true'", "d c a")]
    [InlineData("tags.is_prompt != 'true' or tags.is_prompt is null", "d c a")]
    [InlineData("status = 'FINISHED'", "d a")]
    [InlineData("attributes.status = 'KILLED'", "c")]
    [InlineData("attr.status != 'failed'", "d c a")]
    [InlineData("attribute.run_id IN ('a', 'c')", "c a")]
    [InlineData("run.run_id NOT IN ('a', 'c')", "d b")]
    [InlineData("run_name = 'name a'", "a")]
    [InlineData("`run_name` = 'name a'", "a")]
    [InlineData("start_time > 1000000002000", "d c")]
    [InlineData("created <= 1000000002000", "b a")]
    [InlineData("start_time >= '2001-09-09T01:46:43Z'", "d c")]
    [InlineData("start_time >= '2001-09-09T03:46:43+02:00'", "d c")]
    [InlineData("start_time > '2001-09-09 01:46'", "d c b a")]
    [InlineData("start_time < '2001-09-09'", "")]
    [InlineData("start_time > now - 7d", "d c b a")]
    [InlineData("start_time > now-1h and start_time < now+2h", "d c b a")]
    [InlineData("start_time < now + 1h", "")]
    [InlineData("user_id = 'somebody'", "d c b a")]
    [InlineData("duration is null", "d c b a")]
    [InlineData("metrics.auc > 0.8 or tags.owner = 'search'", "c a")]
    [InlineData("(metrics.auc > 0.8 or tags.owner = 'search') and params.model is null", "c")]
    [InlineData("NOT (metrics.auc > 0.8) AND params.model IS NOT NULL", "d b")]
    [InlineData("not not metrics.auc > 0.8", "a")]
    [InlineData("metrics.auc BETWEEN 0.7 AND 0.8 OR metrics.auc = 0.9", "b a")]
    [InlineData("metrics.auc NOT BETWEEN 0.7 AND 0.8", "a")]
    [InlineData("metrics.auc in (0.9, 0.7)", "b a")]
    [InlineData("metrics.auc not in (.9)", "b")]
    [InlineData("tags.owner NOT LIKE '%d%'", "c")]
    [InlineData("dataset.name = 'flights'", "d c b a")]
    [InlineData("dataset.context IN ('training') AND datasets.digest LIKE 'd%'", "d c b a")]
    [InlineData("metrics.auc is null", "d")]
    [InlineData("order by metrics.auc", "b a c d")]
    [InlineData("order by metrics.auc DESC", "a b c d")]
    [InlineData("ORDER BY tags.owner", "b a c d")]
    [InlineData("order by params.model desc, run_id", "d a b c")]
    [InlineData("order by start_time ASC", "a b c d")]
    [InlineData("order by status, run_id desc", "c d a b")]
    [InlineData("where metrics.auc > 0 order by metrics.auc limit 1", "b")]
    [InlineData("select metrics.auc", "d c b a")]
    public async Task SearchRuns_Rule_Holds(string filter, string expected)
    {
        foreach (var unplanned in new[] { 0L, 1_000_000 })
        {
            var page = await new SqlExperiments(_context) { SearchesUnplanned = unplanned }.SearchRunsAsync(filter);
            string.Join(" ", page.Runs.Select(run => run.Id)).Should().Be(expected);
        }
    }

    [Theory]
    [InlineData("metrics.auc >", "position 14*the end*expected a number")]
    [InlineData("metrics.auc > 'x'", "metrics.auc is a number*position 15*the text 'x'*without quotes")]
    [InlineData("metrics.auc like 'x'", "metrics.auc is a number*LIKE")]
    [InlineData("metrics.auc => 1", "found '>'")]
    [InlineData("metrics.auc == 1", "'=='*expected '='")]
    [InlineData("metrics.auc ! 1", "'!='")]
    [InlineData("metrics.auc 1", "found '1'*expected one of = !=")]
    [InlineData("metrics.auc lik 1", "Did you mean 'like'")]
    [InlineData("metrcs.auc > 1", "'metrcs'*Did you mean*'metrics'")]
    [InlineData("metrics > 1", "needs a key: metrics.name")]
    [InlineData("metrics. > 1", "a key after 'metrics.'")]
    [InlineData("tags.owner > 5", "tags.owner is a text*'>'*metric")]
    [InlineData("tags.owner = 5", "tags.owner is a text*the number 5*'5'*metric")]
    [InlineData("params.lr between 1 and 2", "params.lr is a text*BETWEEN")]
    [InlineData("tags.owner = ads", "Texts stand in quotes: 'ads'")]
    [InlineData("tags.owner = `ads`", "Backticks are for keys")]
    [InlineData("'tags.owner' = 'ads'", "Keys stand without quotes")]
    [InlineData("tags.owner = 'ads", "closing '")]
    [InlineData("statu = 'x'", "no attribute 'statu'*Did you mean*'status'")]
    [InlineData("status = 'Complete'", "no run status 'Complete'*'Completed'")]
    [InlineData("artifact_uri = 'x'", "addressed by their hash")]
    [InlineData("start_time > 'yesterday'", "'yesterday'*now - 7d")]
    [InlineData("start_time > now - 7", "expected a duration")]
    [InlineData("start_time > now - 7y", "units s, m, h, d, w")]
    [InlineData("start_time > now - 99999999d", "36500d")]
    [InlineData("metrics.auc > now", "a number*a moment")]
    [InlineData("start_time > 1e300", "start_time is a time")]
    [InlineData("metrics.auc > 1 metrics.b > 2", "expected AND, OR")]
    [InlineData("metrics.auc > 1 adn metrics.b > 2", "Did you mean 'and'")]
    [InlineData("(metrics.auc > 1", "expected ')'")]
    [InlineData("metrics.auc > 1)", "found ')'")]
    [InlineData("()", "expected a name")]
    [InlineData("metrics.auc > 1 and", "expected a name")]
    [InlineData("metrics.auc in ()", "expected a number, a text")]
    [InlineData("metrics.auc in (1", "',' or ')'")]
    [InlineData("metrics.auc is 1", "NULL or NOT NULL")]
    [InlineData("metrics.auc not 1", "LIKE, ILIKE, IN or BETWEEN")]
    [InlineData("metrics.auc > 1e999", "a number")]
    [InlineData("metrics.auc > 1.2.3", "a number")]
    [InlineData("metrics.auc > 12abc", "a number")]
    [InlineData("order metrics.auc", "expected BY")]
    [InlineData("order by metrics.auc, metrics.auc desc", "twice")]
    [InlineData("order by dataset.name", "may have several")]
    [InlineData("order by metrics.auc down", "found 'down'*expected AND, OR*'desc'")]
    [InlineData("limit 0", "1 to 50000")]
    [InlineData("limit 1.5", "1 to 50000")]
    [InlineData("select metrics.auc metrics.auc > 1", "WHERE")]
    [InlineData("dataset.nam = 'x'", "Did you mean 'name'")]
    [InlineData("tags.owner = 'a\0b'", "NUL")]
    [InlineData("metrics.auc > 1; drop table x", "';'")]
    public async Task SearchRuns_WrongFilter_IsRefusedWithTheReason(string filter, string message) =>
        (await SearchTests.Refused(() => Experiments.SearchRunsAsync(filter))).Should().Match("*" + message + "*");

    [Fact]
    public async Task SearchRuns_ExcessiveFilter_IsRefused()
    {
        string[] excessive =
        [
            new string('(', 100_000) + "metrics.auc > 1" + new string(')', 100_000),
            string.Concat(Enumerable.Repeat("not ", 20_000)) + "metrics.auc > 1",
            new string('(', 60) + "metrics.auc > 1" + new string(')', 60),
            string.Join(" and ", Enumerable.Repeat("metrics.auc > 1", 10_000)),
            string.Join(" or ", Enumerable.Repeat("a = '1'", 201)),
            "tags.a = '" + new string('x', 10_000_000) + "'",
            $"tags.a in ({string.Join(",", Enumerable.Repeat("'x'", 2_001))})",
            $"tags.a like '{new string('%', 51)}'",
            $"tags.a like '{new string('a', 1_001)}'",
            $"tags.`{new string('k', 300)}` = 'x'",
            "order by " + string.Join(",", Enumerable.Range(0, 9).Select(i => $"metrics.m{i}")),
            "select " + string.Join(",", Enumerable.Range(0, 201).Select(i => $"metrics.m{i}")),
        ];
        foreach (var filter in excessive)
            (await SearchTests.Refused(() => Experiments.SearchRunsAsync(filter))).Length.Should().BeLessThan(1_000);
        foreach (var query in new[] { new RunQuery { Limit = 0 }, new RunQuery { Limit = 50_001 }, new RunQuery { Experiments = [.. Enumerable.Repeat("a", 501)] } })
            await SearchTests.Refused(() => Experiments.SearchRunsAsync(query));
    }

    [Fact]
    public async Task SearchRuns_LargestAllowedFilter_IsAnswered()
    {
        foreach (var unplanned in new[] { 0L, 1_000_000 })
        {
            var experiments = new SqlExperiments(_context) { SearchesUnplanned = unplanned };
            var wide = string.Join(" or ", Enumerable.Range(0, 199).Select(i => $"(metrics.m{i} > 1 and not tags.t = 'x')").Take(99)) + " or metrics.auc > 0.8";
            (await experiments.SearchRunsAsync(wide)).Runs.Should().ContainSingle();
            var deep = new string('(', 50) + "metrics.auc > 0.8" + new string(')', 50);
            (await experiments.SearchRunsAsync(deep)).Runs.Should().ContainSingle();
            var list = $"tags.owner in ({string.Join(",", Enumerable.Range(0, 1_999).Select(i => $"'x{i}'"))}, 'ads')";
            (await experiments.SearchRunsAsync(list)).Runs.Should().ContainSingle();
            var order = "order by " + string.Join(",", Enumerable.Range(0, 8).Select(i => $"metrics.m{i}"));
            (await experiments.SearchRunsAsync(order)).Runs.Should().HaveCount(4);
        }
    }

    [Fact]
    public async Task Cursor_OfAnotherSearchOrDamaged_IsRefused()
    {
        var query = new RunQuery { Filter = "metrics.auc > 0", Limit = 1, OrderBy = "tags.owner" };
        var cursor = (await Experiments.SearchRunsAsync(query)).NextCursor!;
        (await Experiments.SearchRunsAsync(query with { Cursor = cursor, Limit = 10, Select = ["tags"] })).Runs.Should().ContainSingle().Which.Id.Should().Be("a");
        foreach (var other in new[]
        {
            query with { Filter = "metrics.auc > 0.1" }, query with { OrderBy = "tags.owner desc" }, query with { OrderBy = null }, query with { Experiments = ["experiment1"] },
        })
        {
            (await SearchTests.Refused(() => Experiments.SearchRunsAsync(other with { Cursor = cursor }))).Should().Contain("cursor");
        }

        for (var i = 0; i < cursor.Length; i++)
        {
            foreach (var damaged in new[] { cursor[..i], cursor[..i] + (cursor[i] == 'A' ? 'B' : 'A') + cursor[(i + 1)..], cursor[..i] + "'" + cursor[i..] })
                await SearchTests.Refused(() => Experiments.SearchRunsAsync(query with { Cursor = damaged }));
        }

        await SearchTests.Refused(() => Experiments.SearchRunsAsync(query with { Cursor = new string('A', 1_000_000) }));
    }

    [Fact]
    public async Task Cursor_OfARelativeTime_KeepsTheMomentOfTheFirstPage()
    {
        var query = new RunQuery { Filter = "start_time < now + 107m", Limit = 3 };
        var first = await Experiments.SearchRunsAsync(query);
        first.Runs.Should().HaveCount(3);
        _clock.JumpTo(new DateTimeOffset(2001, 9, 8, 0, 0, 0, TimeSpan.Zero));
        (await Experiments.SearchRunsAsync(query)).Runs.Should().BeEmpty();
        (await Experiments.SearchRunsAsync(query with { Cursor = first.NextCursor })).Runs.Should().ContainSingle();
        _clock.JumpTo(SearchTests.Now.ToDateTimeOffset());
    }

    public sealed class FourRuns : IAsyncLifetime
    {
        internal TestEnvironment Environment { get; } = new(clock: new FakeClock(SearchTests.Now.ToDateTimeOffset()));

        public async Task InitializeAsync() => await SearchWorld.InsertAsync(Environment.Context,
        [
            Run("a", 1, new() { ["auc"] = 0.9, ["a b"] = 1 }, new() { ["owner"] = "ads", ["mlflow.source.type"] = "LOCAL" }, new() { ["model"] = "LogisticRegression" }, "Completed"),
            Run("b", 2, new() { ["auc"] = 0.7 }, new() { ["owner"] = "Ads", ["is_prompt"] = "true" }, new() { ["model"] = "CNN" }, "Failed"),
            Run("c", 3, new() { ["auc"] = double.NaN }, new() { ["owner"] = "search" }, [], "Cancelled"),
            Run("d", 4, [], [], new() { ["model"] = "cnn" }, "Completed"),
        ]);

        public async Task DisposeAsync() => await Environment.DisposeAsync();

        private static SearchWorld.Run Run(string id, int second, Dictionary<string, double> metrics, Dictionary<string, string> tags, Dictionary<string, string> parameters, string status) => new(
            id, "experiment1", "name " + id, status, 1_000_000_000_000_000 + (second * 1_000_000L), null, null, "somebody", metrics, parameters, tags, [new RunInput("flights", "d1", "training")]);
    }
}
