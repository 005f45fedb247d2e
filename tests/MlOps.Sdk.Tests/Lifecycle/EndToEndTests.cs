using System.Text.Json;
using MlOps.Features;
using MlOps.Learning;
using MlOps.Monitoring;
using MlOps.Orchestration;
using MlOps.Registry;
using MlOps.Serving;
using MlOps.Testing;

namespace MlOps.Hosting;

/// <summary>The whole life of a model on made-up data: features, training, promotion, serving, outcomes, drift, retraining, canary.</summary>
public sealed class EndToEndTests : IDisposable
{
    private const int Customers = 60;
    private static readonly Timestamp Start = Timestamp.Utc(2024, 1, 1);
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Model_FromFeaturesToCanary_LivesInThreeEnvironments()
    {
        await using var host = await TestHost.StartAsync(_directory.Path,
        [
            ("Environments:sandbox:Approvals", "0"),
            ("Environments:staging:PromotesFrom", "sandbox"), ("Environments:staging:Gates:auc:Min", "0.6"),
            ("Environments:production:PromotesFrom", "staging"), ("Environments:production:Approvals", "1"), ("Environments:production:Gates:auc:Min", "0.6"),
        ], Declare, worker: true);
        var (sandbox, staging, production) = (host["sandbox"], host["staging"], host["production"]);

        var run = (await sandbox.Pipelines.RunAsync<Training, TrainingInput>(new(Start, 20, 1))).EnsureCompleted();
        var trained = await sandbox.Models.GetAsync(run.Model!.Value);
        sandbox.Models.CheckCompleteness(trained).IsComplete.Should().BeTrue();

        // A gate that refuses says which, what it measured and what it asks for.
        var weak = (await sandbox.Models.RegisterAsync(await SyntheticModel.DraftAsync(sandbox, auc: 0.55, data: Noise()))).Ref;
        var refused = (await FluentActions.Awaiting(() => sandbox.PromoteAsync(weak, "staging").AsTask()).Should().ThrowAsync<PromotionRejectedException>()).Which;
        (refused.Gate, refused.Measured, refused.Bound).Should().Be(("auc", "0.55", "at least 0.6"));
        var skipping = async () => await sandbox.PromoteAsync(trained.Ref, "production");
        await skipping.Should().ThrowAsync<MlOpsException>("there is no door from sandbox to production");

        var staged = (await sandbox.PromoteAsync(trained.Ref, "staging", new() { Reason = "first" })).Result!.Value;
        var promotion = await staging.PromoteAsync(staged, "production", new() { Reason = "first" });
        promotion.State.Should().Be(PromotionState.AwaitingApproval);
        using (production.Context.Caller.ActAs(CallerAccessor.Named("release manager")))
            promotion = await production.Promotions.ApproveAsync(promotion.Id, "fine");
        promotion.State.Should().Be(PromotionState.Completed);
        var champion = promotion.Result!.Value;
        (await production.Models.GetAsync(champion)).Provenance!.Environment.Should().Be("staging");
        await SetReferenceAsync(production, champion);

        // Live: the customers spend as they did, then much more.
        await PushAsync(production, Start + TimeSpan.FromDays(25), 1, shift: 0);
        (await AnswerAsync(production, Start + TimeSpan.FromDays(26), 300, 1)).Should().OnlyContain(version => version == champion);
        var calm = await production.Monitors.CheckDriftAsync("churn", champion, Start + TimeSpan.FromDays(25), Start + TimeSpan.FromDays(29));
        calm.Drifted.Should().BeFalse();
        calm.Rows.Should().Be(300);
        await PushAsync(production, Start + TimeSpan.FromDays(30), 2, shift: 3);
        await AnswerAsync(production, Start + TimeSpan.FromDays(31), 300, 2);
        var drift = await production.Monitors.CheckDriftAsync("churn", champion, Start + TimeSpan.FromDays(30), Start + TimeSpan.FromDays(34));
        drift.Drifted.Should().BeTrue();

        // The alarm is an event; the worker's trigger retrains once.
        var alarm = (await production.Context.Events.ReadAsync(typePrefix: MonitoringEvents.DriftDetected)).Should().ContainSingle().Subject;
        PipelineRun? retraining;
        while ((retraining = await production.Pipelines.FindAsync("churn-training", $"trigger:retrain:{alarm.Sequence}")) is null)
            await Task.Yield();
        var retrained = (await production.Pipelines.WaitAsync(retraining.Id)).EnsureCompleted().Model!.Value;
        retrained.Should().NotBe(champion);

        // Half of the traffic is the canary's; it predicts what the champion predicts, so it is not inferior.
        await production.Endpoints["churn"].SetTrafficAsync(TrafficPolicy.Canary(champion, retrained, 0.5), "canary");
        var (from, to) = (Start + TimeSpan.FromDays(35), Start + TimeSpan.FromDays(40));
        (await AnswerAsync(production, from + TimeSpan.FromDays(1), 1200, 3)).Distinct().Should().BeEquivalentTo([champion, retrained]);
        (await production.DecideCanaryAsync("churn", from, to, new CanaryRule { MinimumRows = 10_000 })).Outcome.Should().Be(CanaryOutcome.Waiting);
        var decision = await production.DecideCanaryAsync("churn", from, to, new CanaryRule { MinimumRows = 100, Margin = 0.1 });
        decision.Outcome.Should().Be(CanaryOutcome.Promoted, decision.Reason);
        (await production.Models.FindAsync("churn", ModelAliases.Champion))!.Ref.Should().Be(retrained);
        (await production.Endpoints["churn"].GetTrafficAsync())!.Shares.Should().Equal(new TrafficShare(retrained, 1, TrafficPolicy.Stable));
        (await production.DecideCanaryAsync("churn", from, to)).Outcome.Should().Be(CanaryOutcome.NoCanary);

        foreach (var environment in host.Environments)
            (await environment.Context.Audit.VerifyAsync()).Should().BeNull();
        (await production.Context.Audit.ReadAsync()).Select(record => record.Actor).Should().Contain("release manager");
        var html = (await host.Environments.CreateReportAsync("churn")).ToHtml();
        html.Should().ContainAll("alarm", "Drift in production", "Traffic in production");
        production.Monitors.DroppedPredictions.Should().Be(0);
        host.Log.Complaints.Should().OnlyContain(line => line.Contains("drift", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Canary_ThatIsWorse_IsRolledBackAndTheChampionStays()
    {
        await using var host = await TestHost.StartAsync(_directory.Path, configure: mlops => mlops.AddEnvironment("production"));
        var production = host["production"];
        var (good, bad) = (await SyntheticModel.RegisterAsync(production), (await production.Models.RegisterAsync(await SyntheticModel.DraftAsync(production, data: Noise()))).Ref);
        await production.Models.SetAliasAsync(good, ModelAliases.Champion, "first");
        await production.Endpoints["churn"].SetTrafficAsync(TrafficPolicy.Canary(good, bad, 0.5), "canary");
        var data = SyntheticModel.Data(9, 1500);
        var (row, scores, outcomes) = (new float[2], new float[1], new List<PredictionOutcome>());
        for (var i = 0; i < data.RowCount; i++)
        {
            data.CopyRow(i, row);
            var id = new PredictionId(9, (ulong)i + 1);
            await production.Endpoints["churn"].PredictAsync(row, scores, new PredictionContext { Id = id, AsOf = Start + TimeSpan.FromMinutes(i), Key = $"{i}" });
            outcomes.Add(new PredictionOutcome(id, data.Labels[i], Start + TimeSpan.FromDays(2)));
        }

        await production.Monitors.RecordOutcomesAsync("churn", outcomes);
        var wrong = async () => await production.DecideCanaryAsync("churn", Start, Start, new CanaryRule { Confidence = 0.4, Margin = -1 });
        (await wrong.Should().ThrowAsync<InvalidDefinitionException>()).Which.Message.Should().ContainAll("Confidence is 0.4", "Margin is -1");
        var decision = await production.DecideCanaryAsync("churn", Start, Start + TimeSpan.FromDays(2));

        decision.Outcome.Should().Be(CanaryOutcome.RolledBack, decision.Reason);
        decision.Reason.Should().Contain("worse");
        (await production.Endpoints["churn"].GetTrafficAsync())!.Shares.Should().ContainSingle().Which.Version.Should().Be(good);
        (await production.Models.FindAsync("churn", ModelAliases.Champion))!.Ref.Should().Be(good);
        (await production.Context.Audit.ReadAsync()).Should().Contain(record => record.Entry.Reason.Contains("worse"));
    }

    private static void Declare(IMlOpsBuilder mlops) => mlops
        .AddFeatureView("customer", view => view.Key("id").EventTime("at").Windows(FeatureWindow.Days(7)).Aggregate("spend", [AggregateFunction.Mean]))
        .AddFeatureService("customers", service => service.View("customer"))
        .AddModel<Question, float>("churn", model => model
            .Lookup("customers", question => question.Id).Feature("age", question => question.Age)
            .AsOf(question => question.At).StickyBy(question => question.Key).Decode(scores => scores[0]))
        .AddPipeline<Training>()
        .AddPipelineTrigger<Training, TrainingInput>(new EventTrigger<TrainingInput>
        {
            Name = "retrain", EventType = MonitoringEvents.DriftDetected, Environments = ["production"], Input = _ => new TrainingInput(Start, 20, 2),
        });

    private static DataFrame Spending(Timestamp at, double shift)
    {
        var rows = Enumerable.Range(0, Customers).ToArray();
        return new DataFrame(
            DataColumn.FromText("id", rows.Select(i => $"c{i}")),
            DataColumn.Create("at", rows.Select(i => at + TimeSpan.FromMinutes(i)).ToArray()),
            DataColumn.Create("spend", rows.Select(i => shift + 4.0 * i / Customers - 2).ToArray()));
    }

    private static async Task PushAsync(IMlOpsEnvironment environment, Timestamp at, long offset, double shift) =>
        await environment.Features.PushAsync("customer", Spending(at, shift), "shop", offset);

    private static async Task<List<ModelVersionRef>> AnswerAsync(IMlOpsEnvironment environment, Timestamp at, int requests, int part)
    {
        var predictor = environment.Get<IPredictor<Question, float>>();
        var random = new Random(part);
        var versions = new List<ModelVersionRef>();
        var outcomes = new List<PredictionOutcome>();
        for (var i = 0; i < requests; i++)
        {
            var customer = random.Next(Customers);
            var question = new Question($"c{customer}", (float)(random.NextDouble() * 4 - 2), at + TimeSpan.FromMinutes(i), $"{part}/{i}");
            var prediction = await predictor.PredictAsync(question, new PredictionContext { Id = new PredictionId((ulong)part, (ulong)i + 1) });
            prediction.Value.Should().BeInRange(0, 1);
            versions.Add(prediction.Version);
            outcomes.Add(new PredictionOutcome(prediction.Id, Late(question.Age, 4.0 * customer / Customers - 2, random) ? 1 : 0, at + TimeSpan.FromDays(1)));
        }

        await environment.Monitors.RecordOutcomesAsync("churn", outcomes);
        return versions;
    }

    private static async Task SetReferenceAsync(IMlOpsEnvironment environment, ModelVersionRef version)
    {
        var artifact = (await environment.Models.GetAsync(version)).Find(ModelArtifactKind.ExperimentArtifacts, "reference")!;
        await environment.Monitors.SetReferenceAsync("churn", version, ReferenceProfile.FromJson(await environment.Context.Artifacts.GetBytesAsync(artifact.Content)));
    }

    private static bool Late(double age, double spend, Random random) => random.NextDouble() < 1 / (1 + Math.Exp(-2 * age + spend));

    private static FeatureMatrix Noise()
    {
        var data = SyntheticModel.Data(3);
        var random = new Random(4);
        return new FeatureMatrix(data.FeatureNames, [data.Column(0).ToArray(), data.Column(1).ToArray()], [.. Enumerable.Range(0, data.RowCount).Select(_ => random.Next(2) * 1f)]);
    }

    public sealed record Question(string Id, float Age, Timestamp At, string Key);

    public sealed record TrainingInput(Timestamp From, int Days, int Seed);

    public sealed record Matrix(ArtifactRef Frame);

    public sealed class Training(IFeatureStore features) : IPipeline<TrainingInput>
    {
        private static readonly string[] Inputs = ["customer_spend_mean_7d", "age"];

        public string Name => "churn-training";

        public void Define(PipelineBuilder<TrainingInput> pipeline)
        {
            var data = pipeline.Step("data", LoadAsync, step => step.NoCache());
            pipeline.Step("train", data, pipeline.Input, TrainAsync, step => step.NoCache());
        }

        private async Task<Matrix> LoadAsync(StepContext step, TrainingInput input, CancellationToken stop)
        {
            var random = new Random(input.Seed);
            for (var day = 0; day < input.Days; day++)
                await features.IngestAsync("customer", Spending(input.From + TimeSpan.FromDays(day), 0), $"day {day}", stop);
            var rows = Enumerable.Range(0, 800).Select(_ => (Customer: random.Next(Customers), Age: (float)(random.NextDouble() * 4 - 2), Day: 1 + random.Next(input.Days - 1))).ToArray();
            var spine = new DataFrame(
                DataColumn.FromText("id", rows.Select(row => $"c{row.Customer}")),
                DataColumn.Create("asked", rows.Select(row => input.From + TimeSpan.FromDays(row.Day) + TimeSpan.FromHours(12)).ToArray()),
                DataColumn.Create("age", rows.Select(row => row.Age).ToArray()),
                DataColumn.Create("late", rows.Select(row => Late(row.Age, 4.0 * row.Customer / Customers - 2, random) ? 1f : 0f).ToArray()));
            var frame = await features.GetTrainingFrameAsync(spine, "asked", "customers", cancellationToken: stop);
            return new Matrix(await step.Artifacts.PutFrameAsync(frame.Select([.. Inputs, "late"]), stop));
        }

        private async Task<ModelVersionRef> TrainAsync(StepContext step, Matrix matrix, TrainingInput input, CancellationToken stop) =>
            await step.RegisterAsync(await SyntheticModel.DraftAsync(
                step.Environment, input.Seed, data: FeatureMatrix.FromFrame(await step.Artifacts.GetFrameAsync(matrix.Frame, stop), Inputs, "late")), stop);
    }
}
