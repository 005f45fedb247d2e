using MlOps.Testing;

namespace MlOps.Registry.Tests;

public sealed class ExperimentCatalogueTests : IAsyncDisposable
{
    private readonly TestEnvironment _environment = new();

    private SqlExperiments Experiments => new(_environment.Context);

    public ValueTask DisposeAsync() => _environment.DisposeAsync();

    [Fact]
    public async Task Create_DescriptionAndTags_ReadBackAndChange()
    {
        var created = await Experiments.CreateExperimentAsync("churn", "Who leaves?", new Dictionary<string, string> { ["owner"] = "ads", ["old"] = "1" });
        created.Description.Should().Be("Who leaves?");
        created.Runs.Should().Be(0);
        var changed = await Experiments.UpdateExperimentAsync("churn", "Who stays?", new Dictionary<string, string?> { ["old"] = null, ["new"] = "2" });
        changed.Description.Should().Be("Who stays?");
        changed.Tags.Should().Equal(new Dictionary<string, string> { ["owner"] = "ads", ["new"] = "2" });
        await _environment.ReopenAsync();
        (await Experiments.GetExperimentAsync("churn")).Should().BeEquivalentTo(changed);
        (await _environment.Context.Audit.ReadAsync()).Select(record => record.Entry.Operation).Should().Equal(
            "experiments.experiment.create", "experiments.experiment.describe", "experiments.experiment.tags.set");
    }

    [Fact]
    public async Task Create_SameName_IsRefused()
    {
        await Experiments.CreateExperimentAsync("churn");
        await Experiments.Invoking(e => e.CreateExperimentAsync("churn").AsTask()).Should().ThrowAsync<InvalidInputException>().WithMessage("*already*");
    }

    [Fact]
    public async Task Start_NewExperiment_AppearsInTheList()
    {
        await using (await Experiments.StartRunAsync("b"))
        await using (await Experiments.StartRunAsync("a"))
        await using (await Experiments.StartRunAsync("b"))
        {
        }

        (await Experiments.ListExperimentsAsync()).Select(experiment => (experiment.Name, experiment.Runs)).Should().Equal(("a", 1), ("b", 2));
    }

    [Fact]
    public async Task Get_Unknown_NamesTheNearest()
    {
        await Experiments.CreateExperimentAsync("churn");
        await Experiments.Invoking(e => e.GetExperimentAsync("chrun").AsTask()).Should().ThrowAsync<NotFoundException>().WithMessage("*churn*");
    }

    [Fact]
    public async Task Delete_Experiment_TakesItsRunsAlongAndRestoresThem()
    {
        await using (await Experiments.StartRunAsync("churn"))
        {
        }

        var alone = await Experiments.RunAsync("churn", (_, _) => Task.CompletedTask);
        await Experiments.DeleteRunAsync(alone, "was nothing");
        (await Experiments.DeleteExperimentAsync("churn", "over")).Should().Be(1);
        (await Experiments.DeleteExperimentAsync("churn", "over")).Should().Be(0);
        (await Experiments.ListExperimentsAsync()).Should().BeEmpty();
        (await Experiments.ListExperimentsAsync(includeDeleted: true)).Should().ContainSingle().Which.DeletedAt.Should().NotBeNull();
        (await Experiments.ListRunsAsync("churn")).Should().BeEmpty();
        await Experiments.Invoking(e => e.StartRunAsync("churn").AsTask()).Should().ThrowAsync<InvalidInputException>().WithMessage("*deleted*");
        await Experiments.Invoking(e => e.RestoreRunAsync(alone, "").AsTask()).Should().ThrowAsync<InvalidInputException>().WithMessage("*Restore the experiment first*");

        (await Experiments.RestoreExperimentAsync("churn", "not over")).Should().Be(1);
        (await Experiments.ListRunsAsync("churn")).Should().ContainSingle("what was deleted alone stays deleted").Which.Id.Should().NotBe(alone);
    }

    [Fact]
    public async Task Delete_ExperimentWithARunGoingOn_IsRefusedWhole()
    {
        await using (await Experiments.StartRunAsync("churn"))
        {
        }

        await using var going = await Experiments.StartRunAsync("churn");
        await Experiments.Invoking(e => e.DeleteExperimentAsync("churn", "").AsTask()).Should().ThrowAsync<InvalidInputException>().WithMessage($"*{going.Id} is going on*");
        (await Experiments.ListRunsAsync("churn")).Should().HaveCount(2);
    }

    [Fact]
    public async Task Migration_StoreOfTheFirstFormat_ListsItsExperimentsAndReadsItsPoints()
    {
        var first = new MetadataSchema("experiments", [ExperimentsSchema.Current.Migrations[0]]);
        await _environment.Context.Metadata.MigrateAsync(first);
        await _environment.Context.Metadata.WriteAsync(async (session, _) =>
        {
            await session.ExecuteAsync(
                "INSERT INTO experiments_runs (id, experiment, run_key, name, status, owner, started_at, ended_at, heartbeat_at, created_by) " +
                "VALUES ('r', 'old', 'k', 'n', 'Completed', 'o', 5, 6, 6, 'anna')");
            await session.ExecuteAsync(
                "INSERT INTO experiments_points (run_id, name, first, points) VALUES ('r', 'loss', 0, @points)",
                ("points", PointBlock.Write([new MetricPoint(1, new Timestamp(5), 0.5), new MetricPoint(7, new Timestamp(6), 0.4)])));
            return await session.ExecuteAsync("INSERT INTO experiments_series (run_id, name, points, last_step, last_at, last_value) VALUES ('r', 'loss', 2, 7, 6, 0.4)");
        });
        await _environment.ReopenAsync();
        var experiment = await Experiments.GetExperimentAsync("old");
        (experiment.CreatedBy, experiment.CreatedAt, experiment.Runs).Should().Be(("anna", new Timestamp(5), 1));
        await using (var resumed = await Experiments.StartRunAsync("old", new RunOptions { Key = "k" }))
            resumed.LogMetric("loss", 0.3, 6);
        (await Experiments.GetMetricHistoryAsync("r", "loss")).Select(point => (point.Step, point.Value)).Should().Equal((1, 0.5), (6, 0.3));
    }
}
