using System.Globalization;
using System.Text.Json;
using MlOps;
using MlOps.Monitoring;
using MlOps.Orchestration;
using MlOps.Registry;
using MlOps.Serving;

namespace FlightDelay;

public delegate Task<string> Chapter(Action<double> progress, CancellationToken stop);

/// <summary>The life of one model, from history to live traffic. Every act bears a key, so that the story can be killed anywhere and told again.</summary>
public sealed class DelayStory(IMlOpsEnvironments environments, Flights flights)
{
    private const string Model = DelayTraining.Model;
    private const string SliceDone = "flights.slice.answered";
    private static readonly Timestamp Live = Timestamp.Utc(2001, 6, 1);
    private static readonly Timestamp[] Slices = [Live, Timestamp.Utc(2001, 6, 11), Timestamp.Utc(2001, 6, 21), Timestamp.Utc(2001, 7, 1)];
    private readonly IMlOpsEnvironment _sandbox = environments["sandbox"], _staging = environments["staging"], _production = environments["production"];

    public IMlOpsEnvironments Environments => environments;

    public Dictionary<string, IReadOnlyList<double>> LatenciesMs { get; } = [];

    public List<(Timestamp From, Timestamp To)> QualityWindows { get; } = [];

    public static TrainingWindow WindowAfter(MlOpsEvent drift)
    {
        // The newest ten days choose and measure; all before them train.
        var report = JsonDocument.Parse(drift.Data).RootElement;
        var to = new Timestamp(report.GetProperty("to").GetProperty("microseconds").GetInt64());
        return new TrainingWindow(Timestamp.Utc(2001, 2, 1), to - TimeSpan.FromDays(10), to, 17);
    }

    /// <summary>What is to be done now, in order; each reports its progress between 0 and 1. A second telling goes on where the first ended.</summary>
    public async Task<IReadOnlyList<(string Title, Chapter Run)>> ChaptersAsync(CancellationToken stop)
    {
        List<(string, Chapter)> chapters =
        [
            ("Train in the sandbox", (progress, token) => TrainAsync(_sandbox, progress, token)),
            ("Train in staging", (progress, token) => TrainAsync(_staging, progress, token)),
            ("Serve a test endpoint in staging", TestEndpointAsync),
            ("Bring features to production", BackfillAsync),
            ("Promote by copying the model", (progress, token) => PromoteAsync("copy", PromotionStrategy.CopyModel, progress, token)),
            ("Promote by retraining in production", (progress, token) => PromoteAsync("retrain", PromotionStrategy.RetrainInTarget, progress, token)),
            ("Score every route in a batch", ScoreRoutesAsync),
        ];
        var told = (await _production.Context.Events.ReadAsync(typePrefix: SliceDone, cancellationToken: stop)).Count;
        for (var i = told; i < Math.Min(told == 0 ? 2 : told + 1, Slices.Length - 1); i++)
        {
            var (from, to, slice) = (Slices[i], Slices[i + 1], i + 1);
            chapters.Add(($"Answer live traffic, part {slice}", (progress, token) => ReplayAsync(slice, from, to, progress, token)));
            chapters.Add(($"Compare served features with history, part {slice}", (progress, token) => AuditSkewAsync(from, to, progress, token)));
            chapters.Add(($"Decide about a canary, part {slice}", (_, token) => DecideAsync(from, to, token)));
            chapters.Add(($"Retrain on drift, part {slice}", (progress, token) => RetrainAsync(slice, from, to, progress, token)));
        }

        return chapters;
    }

    private async Task<string> TrainAsync(IMlOpsEnvironment environment, Action<double> progress, CancellationToken stop)
    {
        var window = new TrainingWindow(Timestamp.Utc(2001, 1, 8), Timestamp.Utc(2001, 5, 1), Live, 17);
        var run = await environment.Pipelines.StartAsync<DelayTraining, TrainingWindow>(window, new() { Key = "first" }, stop);
        run = (await FollowAsync(environment, run, progress, stop)).EnsureCompleted();
        var version = await environment.Models.GetAsync(run.Model!.Value, stop);
        return Text($"{version.Ref} {version.Tags["algorithm"]}, AUC {version.Metrics["auc"]:F4}");
    }

    private async Task<string> TestEndpointAsync(Action<double> progress, CancellationToken stop)
    {
        var version = new ModelVersionRef(Model, 1);
        var check = await _staging.Deployer.VerifyAsync(version, stop);
        if (!check.Passed)
            throw new InvalidOperationException(check.Message);
        if (await _staging.Endpoints[Model].GetTrafficAsync(stop) is null)
            await _staging.Deployer.DeployAsync(version, 1, "test endpoint", stop);
        return Text($"answers its example, p99 {check.LatencyP99.TotalMilliseconds:F2} ms");
    }

    private async Task<string> BackfillAsync(Action<double> progress, CancellationToken stop)
    {
        var rows = await flights.IngestAsync(_production.Features, Live, done => progress(0.7 * done), stop);
        await _production.Features.MaterializeAsync(Flights.Service, Live, cancellationToken: stop);
        var status = await _production.Features.GetStatusAsync("route", stop);
        return Text($"{rows:N0} flights, {status.OnlineEntities:N0} routes online");
    }

    private async Task<string> PromoteAsync(string key, PromotionStrategy strategy, Action<double> progress, CancellationToken stop)
    {
        var promotion = await _staging.PromoteAsync(new ModelVersionRef(Model, 1), "production", new() { Key = key, Strategy = strategy, Reason = "the sample's story" }, stop);
        progress(0.5);
        if (promotion.State == PromotionState.AwaitingApproval)
        {
            using (_production.Context.Caller.ActAs(CallerAccessor.Named("release manager")))
                promotion = await _production.Promotions.ApproveAsync(promotion.Id, "gates are green", stop);
        }

        if (promotion.State != PromotionState.Completed)
            throw new InvalidOperationException($"Promotion '{key}' ended {promotion.State}: {promotion.Detail}");
        await SetReferenceAsync(promotion.Result!.Value, stop);
        return $"{promotion.Version} is production {promotion.Result}, {promotion.Gates.Count} gates passed";
    }

    private async Task<string> ScoreRoutesAsync(Action<double> progress, CancellationToken stop)
    {
        var routes = (await flights.AskedAsync(Live - TimeSpan.FromDays(30), Live, stop)).GroupBy("origin", "destination").Aggregate(Aggregation.First("distance"));
        var spine = routes.With(
            DataColumn.Create("asked_at", Enumerable.Repeat(Live, routes.RowCount).ToArray()),
            DataColumn.Create("distance", routes["distance_first"].AsDoubles().Select(value => (float)value).ToArray()),
            DataColumn.Create("hour", Enumerable.Repeat(12f, routes.RowCount).ToArray()),
            DataColumn.Create("weekday", Enumerable.Repeat(5f, routes.RowCount).ToArray()));
        var frame = await _production.Features.GetTrainingFrameAsync(spine, "asked_at", Flights.Service, cancellationToken: stop);
        var result = await _production.Scoring.RunAsync(
            new BatchScoringJob { Name = "routes", Run = "2001-06-01", KeyColumns = ["origin", "destination"], Version = new ModelVersionRef(Model, 2) }, frame, stop);
        var known = await _production.Scoring.GetAsync("routes", "ORD|LAX", new PredictionFallback { Default = [0.2f] }, stop);
        var unknown = await _production.Scoring.GetAsync("routes", "XXX|YYY", new PredictionFallback { Default = [0.2f] }, stop);
        return Text($"{result.Rows:N0} routes; ORD to LAX {known.Scores[0]:P1} ({known.Source}), XXX to YYY {unknown.Scores[0]:P1} ({unknown.Source})");
    }

    private async Task<string> ReplayAsync(int slice, Timestamp from, Timestamp to, Action<double> progress, CancellationToken stop)
    {
        var traffic = new LiveTraffic(_production, flights);
        var answered = await traffic.ReplayAsync(from, to, progress, stop);
        LatenciesMs[$"part {slice}"] = traffic.LatenciesMs;
        QualityWindows.Add((from, to));
        return Text($"{from.ToString()[..10]} to {to.ToString()[..10]}: {answered:N0} predictions");
    }

    // What was served must equal what the offline store says was known at that moment, bit for bit.
    private async Task<string> AuditSkewAsync(Timestamp from, Timestamp to, Action<double> progress, CancellationToken stop)
    {
        await flights.IngestAsync(_production.Features, to, done => progress(0.5 * done), stop);
        var history = await _production.Features.GetTrainingFrameAsync(await flights.AskedAsync(from, to, stop), "asked_at", Flights.Service, cancellationToken: stop);
        var names = _production.Features.FeatureNamesOf(Flights.Service);
        var rows = history.ToMatrix([.. names]);
        var rowOf = Enumerable.Range(0, history.RowCount).ToDictionary(row => LiveTraffic.IdOf(history.Column<long>("id")[row]));
        var (compared, different) = (0, 0);
        await foreach (var served in _production.Monitors.ReadAsync(Model, from, to, stop))
        {
            var expected = rows.AsMemory(rowOf[served.Id] * names.Count, names.Count);
            for (var i = 0; i < names.Count; i++, compared++)
                different += served.Features.Span[i].Equals(expected.Span[i]) ? 0 : 1;
        }

        return Text($"{compared:N0} values compared, {different:N0} differ");
    }

    private async Task<string> DecideAsync(Timestamp from, Timestamp to, CancellationToken stop)
    {
        var decision = await _production.DecideCanaryAsync(Model, from, to, cancellationToken: stop);
        return $"{decision.Outcome}: {decision.Reason}";
    }

    private async Task<string> RetrainAsync(int slice, Timestamp from, Timestamp to, Action<double> progress, CancellationToken stop)
    {
        var champion = (await _production.Models.FindAsync(Model, ModelAliases.Champion, stop))!.Ref;
        var drift = await _production.Monitors.CheckDriftAsync(Model, champion, from, to, cancellationToken: stop);
        var message = Text($"{drift.DriftedShare:P0} of the columns drifted");
        if (drift.Drifted)
        {
            // Monitoring recorded an event; the trigger starts the pipeline in the background, once.
            var happened = (await _production.Context.Events.ReadAsync(typePrefix: MonitoringEvents.DriftDetected, cancellationToken: stop))[^1];
            PipelineRun? run;
            while ((run = await _production.Pipelines.FindAsync("delay-training", $"trigger:retrain-on-drift:{happened.Sequence}", stop)) is null)
                await Task.Delay(100, stop);
            run = await FollowAsync(_production, run, progress, stop);
            var version = run.EnsureCompleted().Model!.Value;
            await SetReferenceAsync(version, stop);
            await _production.Models.SetAliasAsync(version, ModelAliases.Challenger, "retrained on drift", cancellationToken: stop);
            await _production.Deployer.DeployAsync(version, 0.1, "canary after drift", stop);
            message += $": retrained as {version}, 10 % of the traffic";
        }

        await _production.Context.Events.AppendAsync(SliceDone, Model, key: $"{SliceDone}/{slice}", cancellationToken: stop);
        return message;
    }

    private static async Task<PipelineRun> FollowAsync(IMlOpsEnvironment environment, PipelineRun run, Action<double> progress, CancellationToken stop)
    {
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var watch = Task.Run(async () =>
        {
            var ended = new HashSet<string>();
            await foreach (var step in environment.Pipelines.WatchAsync(run.Id, watching.Token))
            {
                if (step.Step is not null && step.Status is PipelineStatus.Completed or PipelineStatus.Skipped)
                    ended.Add(step.Step!);
                progress(Math.Min(0.99, (ended.Count + (step.Status == PipelineStatus.Running ? step.Fraction : 0)) / (run.Definition?.Steps.Count ?? 12)));
            }
        }, stop);
        run = await environment.Pipelines.ResumeAsync(run.Id, stop);
        await watching.CancelAsync();
        await watch.ContinueWith(_ => { }, TaskScheduler.Default);
        return run;
    }

    private async Task SetReferenceAsync(ModelVersionRef version, CancellationToken stop)
    {
        var artifact = (await _production.Models.GetAsync(version, stop)).Find(ModelArtifactKind.ExperimentArtifacts, "reference")!;
        var profile = ReferenceProfile.FromJson(await _production.Context.Artifacts.GetBytesAsync(artifact.Content, cancellationToken: stop));
        await _production.Monitors.SetReferenceAsync(Model, version, profile, stop);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
