using MlOps.Testing;

namespace MlOps.Registry.Tests;

public sealed class RunDeletionTests : IAsyncDisposable
{
    private readonly TestEnvironment _environment = new();

    private SqlExperiments Experiments => new(_environment.Context);

    public ValueTask DisposeAsync() => _environment.DisposeAsync();

    [Fact]
    public async Task Delete_Run_LeavesTheListsAndComesBackWhole()
    {
        var id = await LoggedAsync();
        (await Experiments.DeleteRunAsync(id, "a mistake")).Should().Be(new RunDeletion(id, 0));
        (await Experiments.DeleteRunAsync(id, "again")).Should().Be(new RunDeletion(id, 0));
        (await Experiments.ListRunsAsync("training")).Should().BeEmpty();
        (await Experiments.ListRunsAsync("training", new RunListOptions { IncludeDeleted = true })).Should().ContainSingle();
        (await Experiments.GetRunAsync(id)).DeletedAt.Should().NotBeNull();

        await Experiments.RestoreRunAsync(id, "no mistake");
        var back = await Experiments.GetRunAsync(id);
        back.DeletedAt.Should().BeNull();
        back.Metrics["loss"].Should().Be(0.5);
        back.Artifacts.Should().ContainKey("a");
        var audit = (await _environment.Context.Audit.ReadAsync()).Where(record => record.Entry.Operation is not ("experiments.run.start" or "experiments.run.end"));
        audit.Select(record => (record.Entry.Operation, record.Entry.Subject, record.Entry.Reason)).Should().Equal(
            ("experiments.run.delete", id, "a mistake"), ("experiments.run.restore", id, "no mistake"));
    }

    [Fact]
    public async Task Delete_Parent_TakesItsChildrenAlong()
    {
        var (parent, child, grandchild) = await FamilyAsync();
        (await Experiments.DeleteRunAsync(grandchild, "alone")).Children.Should().Be(0);
        await Experiments.Invoking(e => e.DeleteRunAsync(parent, "", includeChildren: false).AsTask()).Should().ThrowAsync<InvalidInputException>()
            .WithMessage($"*1 runs below it, among them {child}*");
        (await Experiments.DeleteRunAsync(parent, "all")).Children.Should().Be(1);
        (await Experiments.GetRunAsync(child)).DeletedAt.Should().NotBeNull();
        await Experiments.Invoking(e => e.RestoreRunAsync(child, "").AsTask()).Should().ThrowAsync<InvalidInputException>().WithMessage($"*{parent}*");
        await Experiments.Invoking(e => e.StartRunAsync("training", new RunOptions { ParentRunId = parent }).AsTask()).Should().ThrowAsync<InvalidInputException>();

        (await Experiments.RestoreRunAsync(parent, "")).Children.Should().Be(1);
        (await Experiments.GetRunAsync(child)).DeletedAt.Should().BeNull();
        (await Experiments.GetRunAsync(grandchild)).DeletedAt.Should().NotBeNull("it was deleted before, by itself");
    }

    [Fact]
    public async Task Delete_RunGoingOn_IsRefused()
    {
        await using var run = await Experiments.StartRunAsync("training");
        await Experiments.Invoking(e => e.DeleteRunAsync(run.Id, "").AsTask()).Should().ThrowAsync<InvalidInputException>().WithMessage("*going on*");
        await Experiments.Invoking(e => e.DeleteRunAsync("nope", "").AsTask()).Should().ThrowAsync<NotFoundException>();
    }

    [Fact]
    public async Task Delete_LostRunThatLives_IsFencedOff()
    {
        var asleep = await Experiments.StartRunAsync("training", new RunOptions { Key = "k" });
        await SilenceAsync(asleep.Id);
        await Experiments.DeleteRunAsync(asleep.Id, "dead");
        asleep.LogMetric("loss", 1);
        await asleep.Invoking(run => run.FlushAsync().AsTask()).Should().ThrowAsync<ConcurrencyConflictException>().WithMessage("*deleted*");
        await asleep.DisposeAsync();
        (await Experiments.GetRunAsync(asleep.Id)).Status.Should().Be(RunStatus.Lost);
        await Experiments.Invoking(e => e.StartRunAsync("training", new RunOptions { Key = "k" }).AsTask()).Should().ThrowAsync<InvalidInputException>()
            .WithMessage("*Restore it*");
    }

    [Fact]
    public async Task Purge_OldDeletedRun_RemovesAllRowsAndFreesItsArtifacts()
    {
        var id = await LoggedAsync();
        await Experiments.SetRunNoteAsync(id, "note");
        var kept = await LoggedAsync("other");
        await Experiments.DeleteRunAsync(id, "old");
        (await Experiments.PurgeRunsAsync("cleaning")).Removed.Should().BeEmpty("it was deleted just now");
        _environment.Clock.Advance(TimeSpan.FromDays(31));

        var dry = await Experiments.PurgeRunsAsync("cleaning", new RunPurgeOptions { DryRun = true });
        (dry.Removed.Single(), dry.Artifacts).Should().Be((id, 1));
        (await Experiments.GetRunAsync(id)).Artifacts.Should().NotBeEmpty();

        var report = await Experiments.PurgeRunsAsync("cleaning");
        report.Removed.Should().Equal(id);
        await Experiments.Invoking(e => e.GetRunAsync(id).AsTask()).Should().ThrowAsync<NotFoundException>();
        foreach (var table in new[] { "parameters", "tags", "inputs", "artifacts", "series", "points", "notes" })
        {
            (await CountAsync($"SELECT COUNT(*) FROM experiments_{table} WHERE run_id = '{id}'")).Should().Be(0, table);
        }

        (await _environment.Context.Audit.ReadAsync()).Should().ContainSingle(record => record.Entry.Operation == "experiments.run.purge" && record.Entry.Reason == "cleaning");
        (await Experiments.GetRunAsync(kept)).Metrics["loss"].Should().Be(0.5);
        _environment.Clock.JumpTo(TimeProvider.System.GetUtcNow().AddDays(2));
        var collected = await new ArtifactCollector(_environment.Context, []).CollectAsync();
        collected.Blobs.Should().Be(1, "the other run's bytes are its own");
    }

    [Fact]
    public async Task Purge_RunOfARegisteredVersion_IsKeptWithWhatItIsPartOf()
    {
        var (parent, child, grandchild) = await FamilyAsync();
        await Experiments.DeleteRunAsync(parent, "");
        await new MetadataArea(_environment.Context.Metadata, RegistrySchema.Current).WriteAsync((session, _) => session.ExecuteAsync(
            "INSERT INTO registry_versions (model, version, manifest_digest, manifest, config, run_id, created_at, created_by) VALUES ('churn', 3, '', x'', x'', @run, 0, '')",
            ("run", child)));
        _environment.Clock.Advance(TimeSpan.FromDays(31));
        var report = await Experiments.PurgeRunsAsync("cleaning");
        report.Removed.Should().Equal(grandchild);
        report.Kept[child].Should().Contain("churn:3");
        report.Kept[parent].Should().Contain(child);
        (await Experiments.GetRunTreeAsync(parent)).Flatten().Select(run => run.Id).Should().Equal(parent, child);
    }

    [Fact]
    public async Task Purge_ParentDeletedBeforeItsChild_WaitsForTheChild()
    {
        var (parent, child, grandchild) = await FamilyAsync();
        await Experiments.DeleteRunAsync(parent, "");
        await _environment.Context.Metadata.WriteAsync((session, _) => session.ExecuteAsync(
            "UPDATE experiments_runs SET deleted_at = deleted_at + 86400000000 WHERE id = @id", ("id", grandchild)));
        _environment.Clock.Advance(TimeSpan.FromDays(30.5));
        var report = await Experiments.PurgeRunsAsync("");
        report.Removed.Should().BeEmpty();
        report.Kept.Keys.Should().BeEquivalentTo(parent, child);
    }

    [Fact]
    public async Task Purge_Limit_TakesChildrenFirst()
    {
        var (parent, _, grandchild) = await FamilyAsync();
        await Experiments.DeleteRunAsync(parent, "");
        _environment.Clock.Advance(TimeSpan.FromDays(31));
        (await Experiments.PurgeRunsAsync("", new RunPurgeOptions { Limit = 1 })).Removed.Should().Equal(grandchild);
        (await Experiments.PurgeRunsAsync("")).Removed.Should().HaveCount(2).And.HaveElementAt(1, parent);
    }

    [Fact]
    public async Task Purge_DeletedExperiment_GoesWhenEmpty()
    {
        var id = await LoggedAsync();
        await Experiments.DeleteExperimentAsync("training", "");
        _environment.Clock.Advance(TimeSpan.FromDays(31));
        (await Experiments.PurgeRunsAsync("")).Removed.Should().Equal(id);
        (await Experiments.ListExperimentsAsync(includeDeleted: true)).Should().BeEmpty();
        (await LoggedAsync()).Should().NotBe(id, "the name is free again");
    }

    private async Task<string> LoggedAsync(string content = "bytes")
    {
        await using var run = await Experiments.StartRunAsync("training", new RunOptions { Tags = new Dictionary<string, string> { ["t"] = "1" } });
        run.LogMetric("loss", 0.5);
        run.LogParameter("l2", "1");
        run.LogInput("d", "x", "training");
        await run.LogArtifactAsync("a", new MemoryStream(System.Text.Encoding.UTF8.GetBytes(content)), "text/plain");
        return run.Id;
    }

    private async Task<(string Parent, string Child, string Grandchild)> FamilyAsync()
    {
        await using var parent = await Experiments.StartRunAsync("training");
        await using var child = await parent.StartChildAsync();
        await using var grandchild = await child.StartChildAsync(experiment: "inner");
        return (parent.Id, child.Id, grandchild.Id);
    }

    private async Task SilenceAsync(string id) => await _environment.Context.Metadata.WriteAsync((session, _) => session.ExecuteAsync(
        "UPDATE experiments_runs SET heartbeat_at = heartbeat_at - 61000000 WHERE id = @id", ("id", id)));

    private async Task<long?> CountAsync(string sql) => await _environment.Context.Metadata.ReadAsync((session, _) => session.ScalarAsync(sql));
}
