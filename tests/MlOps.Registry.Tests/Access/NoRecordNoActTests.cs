using MlOps.Testing;

namespace MlOps.Registry.Tests.Access;

/// <summary>No audit record, no act: when the record cannot be written, neither is the change.</summary>
public sealed class NoRecordNoActTests : IAsyncLifetime
{
    private static readonly string[] Tables =
    [
        "registry_models", "registry_versions", "registry_aliases", "registry_alias_moves", "registry_tags", "registry_metrics", "registry_blobs",
        "experiments_runs", "experiments_tags", "audit_record", "events_event",
    ];

    private readonly TestEnvironment _environment = new();
    private ModelVersionRef _version;
    private ModelVersionDraft _draft = null!;

    public static TheoryData<string> Acts => ["register", "alias", "remove alias", "tags", "start run", "resume run", "end run"];

    public async Task InitializeAsync()
    {
        _draft = await Drafts.SmallAsync(_environment.Context);
        var registry = new SqlModelRegistry(_environment.Context);
        _version = (await registry.RegisterAsync(_draft)).Ref;
        await registry.SetAliasAsync(_version, "challenger", "first");
        await registry.SetTagsAsync(_version, new Dictionary<string, string?> { ["owner"] = "ads" });
        await using var run = await new SqlExperiments(_environment.Context).StartRunAsync("e", new RunOptions { Key = "old" });
    }

    public async Task DisposeAsync() => await _environment.DisposeAsync();

    [Theory]
    [MemberData(nameof(Acts))]
    public async Task Act_WhoseRecordFails_IsUndone(string act)
    {
        IRun? open = act == "end run" ? await new SqlExperiments(_environment.Context).StartRunAsync("e") : null;
        var before = await StateAsync();
        // The table refuses every record, as a full disk or a damaged page would.
        await ExecuteAsync("CREATE TRIGGER no_audit BEFORE INSERT ON audit_record BEGIN SELECT RAISE(ABORT, 'no record'); END");
        var registry = new SqlModelRegistry(_environment.Context);
        var experiments = new SqlExperiments(_environment.Context);
        Func<Task> change = act switch
        {
            "register" => async () => await registry.RegisterAsync(_draft),
            "alias" => async () => await registry.SetAliasAsync(_version, "champion", "why"),
            "remove alias" => async () => await registry.RemoveAliasAsync(_version.Model, "challenger", "why"),
            "tags" => async () => await registry.SetTagsAsync(_version, new Dictionary<string, string?> { ["owner"] = "eve", ["new"] = "1" }),
            "start run" => async () => await experiments.StartRunAsync("e"),
            "resume run" => async () => await experiments.StartRunAsync("e", new RunOptions { Key = "old", Tags = new Dictionary<string, string> { ["again"] = "1" } }),
            _ => async () => await open!.CompleteAsync(),
        };
        await change.Should().ThrowAsync<MlOpsException>();
        await ExecuteAsync("DROP TRIGGER no_audit");
        (await StateAsync()).Should().Equal(before, "what is not recorded has not happened");

        await change.Invoking(again => again()).Should().NotThrowAsync("the same act is possible once records are");
        (await StateAsync()).Should().NotEqual(before);
        (await _environment.Context.Audit.VerifyAsync(new AuditVerification())).Findings.Should().BeEmpty();
    }

    [Fact]
    public async Task EveryAct_SaysWhoWhatWhyBeforeAndAfter()
    {
        var records = await _environment.Context.Audit.ReadAsync();
        records.Select(record => record.Entry.Operation).Should().Equal(
            "registry.version.register", "registry.alias.set", "registry.tags.set", "experiments.run.start", "experiments.run.end");
        records.Should().OnlyContain(record => record.Actor.Length > 0 && record.Entry.After != null && record.Entry.Subject.Length > 0);
        records[1].Entry.Reason.Should().Be("first");
        records[2].Entry.Before.Should().NotBeNull();
        records[4].Entry.Should().BeEquivalentTo(new { Before = """{"status":"Running"}""", After = """{"status":"Completed"}""" });
    }

    [Fact]
    public async Task LostRun_IsRecordedOnce()
    {
        var run = await new SqlExperiments(_environment.Context, new ExperimentTimings()).StartRunAsync("e");
        var experiments = new SqlExperiments(_environment.Context);
        await ExecuteAsync($"UPDATE experiments_runs SET heartbeat_at = 0 WHERE id = '{run.Id}'");
        (await experiments.GetRunAsync(run.Id)).Status.Should().Be(RunStatus.Lost);
        await experiments.ListRunsAsync("e");
        var lost = (await _environment.Context.Audit.ReadAsync()).Where(record => record.Entry.Operation == "experiments.run.lost").ToList();
        lost.Should().ContainSingle().Which.Entry.Subject.Should().Be("e/" + run.Id);
    }

    private async Task<List<string>> StateAsync() => await _environment.Context.Metadata.ReadAsync(async (session, _) =>
    {
        var rows = new List<string>();
        foreach (var table in Tables)
        {
            if (await session.ScalarAsync($"SELECT COUNT(*) FROM sqlite_master WHERE name = '{table}'") == 0)
                continue;
            rows.AddRange(await session.QueryAsync($"SELECT * FROM {table}", reader =>
                table + ":" + string.Join("|", Enumerable.Range(0, reader.FieldCount).Where(i => reader.GetName(i) != "heartbeat_at").Select(i => reader.GetValue(i) is byte[] bytes ? bytes.Length.ToString() : reader.GetValue(i).ToString()))));
        }

        return rows;
    });

    private async Task ExecuteAsync(string sql) => await _environment.Context.Metadata.WriteAsync((session, _) => session.ExecuteAsync(sql));
}
