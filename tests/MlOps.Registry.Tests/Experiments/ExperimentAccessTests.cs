using MlOps.Testing;

namespace MlOps.Registry.Tests;

public sealed class ExperimentAccessTests : IAsyncDisposable
{
    private readonly TestEnvironment _environment = new();

    public static TheoryData<string, EnvironmentPermission, Func<IExperiments, string, ValueTask>> Operations => new()
    {
        { "start", EnvironmentPermission.LogRuns, async (e, _) => await e.StartRunAsync("x") },
        { "create", EnvironmentPermission.LogRuns, async (e, _) => await e.CreateExperimentAsync("x") },
        { "update", EnvironmentPermission.LogRuns, async (e, _) => await e.UpdateExperimentAsync("training", "d") },
        { "tags", EnvironmentPermission.LogRuns, (e, id) => e.SetRunTagsAsync(id, new Dictionary<string, string?> { ["a"] = "b" }) },
        { "note", EnvironmentPermission.LogRuns, (e, id) => e.SetRunNoteAsync(id, "n") },
        { "get", EnvironmentPermission.Read, async (e, id) => await e.GetRunAsync(id) },
        { "list", EnvironmentPermission.Read, async (e, _) => await e.ListRunsAsync("training") },
        { "list with options", EnvironmentPermission.Read, async (e, _) => await e.ListRunsAsync("training", new RunListOptions()) },
        { "lost", EnvironmentPermission.Read, async (e, _) => await e.FindLostRunsAsync() },
        { "search", EnvironmentPermission.Read, async (e, _) => await e.SearchRunsAsync(new RunQuery()) },
        { "tree", EnvironmentPermission.Read, async (e, id) => await e.GetRunTreeAsync(id) },
        { "history", EnvironmentPermission.Read, async (e, id) => await e.GetMetricHistoryAsync(id, "loss") },
        { "compare", EnvironmentPermission.Read, async (e, id) => await e.CompareRunsAsync([id, id]) },
        { "notes", EnvironmentPermission.Read, async (e, id) => await e.GetRunNotesAsync(id) },
        { "plots", EnvironmentPermission.Read, async (e, id) => await e.ListPlotsAsync(id) },
        { "plot", EnvironmentPermission.ReadArtifacts, async (e, id) => await e.GetPlotAsync(id, "p") },
        { "experiment", EnvironmentPermission.Read, async (e, _) => await e.GetExperimentAsync("training") },
        { "experiments", EnvironmentPermission.Read, async (e, _) => await e.ListExperimentsAsync() },
        { "delete", EnvironmentPermission.Delete, async (e, id) => await e.DeleteRunAsync(id, "") },
        { "restore", EnvironmentPermission.Delete, async (e, id) => await e.RestoreRunAsync(id, "") },
        { "delete experiment", EnvironmentPermission.Delete, async (e, _) => await e.DeleteExperimentAsync("training", "") },
        { "restore experiment", EnvironmentPermission.Delete, async (e, _) => await e.RestoreExperimentAsync("training", "") },
        { "purge", EnvironmentPermission.Operate, async (e, _) => await e.PurgeRunsAsync("") },
    };

    public ValueTask DisposeAsync() => _environment.DisposeAsync();

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task Operation_WithoutItsPermission_IsRefusedAndChangesNothing(string name, EnvironmentPermission permission, Func<IExperiments, string, ValueTask> operation)
    {
        var context = _environment.Context;
        var id = await new SqlExperiments(context).RunAsync("training", (run, _) => Task.CompletedTask);
        var acts = (await context.Audit.ReadAsync()).Count;
        var guarded = new SqlExperiments(new EnvironmentContext
        {
            Name = context.Name, Kind = context.Kind, Directory = context.Directory, Files = context.Files, Metadata = context.Metadata, Artifacts = context.Artifacts,
            Events = context.Events, Audit = context.Audit, Caller = context.Caller, Clock = context.Clock, Access = new AllBut(permission),
        });
        await guarded.Invoking(e => operation(e, id).AsTask()).Should().ThrowAsync<RefusedException>(name);
        (await context.Audit.ReadAsync()).Should().HaveCount(acts);
        (await new SqlExperiments(context).ListExperimentsAsync()).Should().ContainSingle();
    }

    [Fact]
    public void Operations_OfTheContract_AreAllListed() =>
        Operations.Should().HaveCount(typeof(IExperiments).GetMethods().Length);

    private sealed class AllBut(EnvironmentPermission refused) : IAccessControl
    {
        public bool Allows(EnvironmentPermission permission) => permission != refused;

        public void Require(EnvironmentPermission permission, string subject)
        {
            if (permission == refused)
                throw new RefusedException();
        }
    }

    private sealed class RefusedException : Exception;
}
