using FlightDelay;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using MlOps;
using MlOps.Monitoring;
using MlOps.Orchestration;
using MlOps.Registry;
using MlOps.Samples;
using MlOps.Serving;

// dotnet run -- [--directory FOLDER] [--data FILE] [--every N] [--drift-share 0.1] [--plain true]
var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { Args = args, ContentRootPath = AppContext.BaseDirectory });
var directory = Path.GetFullPath(builder.Configuration["directory"] ?? "demo");
builder.Services.AddSingleton(new Flights(builder.Configuration["data"] ?? Path.Combine(AppContext.BaseDirectory, "flights-3m.parquet"), builder.Configuration.GetValue("every", 4)));
var mlops = builder.Services.AddMlOps(builder.Configuration); // three environments: appsettings.json
builder.Services.Configure<MlOpsOptions>(options => options.Path = directory);
Flights.Define(mlops);
LiveTraffic.Define(mlops);
mlops.AddPipeline<DelayTraining>().AddPipelineTrigger<DelayTraining, TrainingWindow>(new EventTrigger<TrainingWindow>
{
    Name = "retrain-on-drift", EventType = MonitoringEvents.DriftDetected, Environments = ["production"], Input = DelayTraining.WindowAfter,
});
using var host = builder.Build();
await host.StartAsync();

const string Model = DelayTraining.Model, SliceDone = "flights.slice.answered", Planned = "flights.story.planned", Ended = "flights.story.ended";
var environments = host.Services.GetRequiredService<IMlOpsEnvironments>();
var (sandbox, staging, production) = (environments["sandbox"], environments["staging"], environments["production"]);
var flights = host.Services.GetRequiredService<Flights>();
Timestamp live = Timestamp.Utc(2001, 6, 1), end = Timestamp.Utc(2001, 7, 1);
Timestamp[] slices = [live, Timestamp.Utc(2001, 6, 11), Timestamp.Utc(2001, 6, 21), end];
var latencies = new Dictionary<string, IReadOnlyList<double>>();
var view = new LiveView(environments, Model, builder.Configuration.GetValue("plain", Console.IsOutputRedirected));

// Every act bears a key, so that the story can be killed anywhere and told again; once it has ended, the next telling goes on with newer flights.
var (events, told) = (production.Context.Events, (await production.Context.Events.ReadAsync(typePrefix: SliceDone)).Count);
var tellings = (await events.ReadAsync(typePrefix: Ended)).Count;
var plan = await events.AppendAsync(Planned, Model, $"{Math.Min(told == 0 ? 2 : told + 1, slices.Length - 1)}", key: $"{Planned}/{tellings}");
await view.TellAsync(async () =>
{
    foreach (var environment in new[] { sandbox, staging })
    {
        await view.StepAsync($"Train in {environment.Name}", async progress =>
        {
            var window = new TrainingWindow(Timestamp.Utc(2001, 1, 8), Timestamp.Utc(2001, 5, 1), live);
            var run = await environment.Pipelines.StartAsync<DelayTraining, TrainingWindow>(window, new() { Key = "first" });
            run = (await environment.Pipelines.FollowAsync(run, progress)).EnsureCompleted();
            return (await environment.Models.GetAsync(run.Model!.Value)).Description;
        });
    }

    var staged = new ModelVersionRef(Model, 1);
    await view.StepAsync("Serve a test endpoint in staging", async _ =>
    {
        var check = await staging.Deployer.VerifyAsync(staged);
        await staging.Deployer.DeployAsync(staged, 1, "test endpoint");
        return check.Message;
    });
    await view.StepAsync("Bring features to production", async progress =>
    {
        var rows = await flights.IngestAsync(production.Features, live, done => progress(0.8 * done), default);
        await production.Features.MaterializeAsync(Flights.Service, live);
        return $"{rows:N0} flights, {(await production.Features.GetStatusAsync("route")).OnlineEntities:N0} routes online";
    });
    foreach (var strategy in new[] { PromotionStrategy.CopyModel, PromotionStrategy.RetrainInTarget })
    {
        await view.StepAsync($"Promote to production: {strategy}", async _ =>
        {
            var promotion = await staging.PromoteAsync(staged, "production", new() { Key = strategy.ToString(), Strategy = strategy, Reason = "first release" });
            using (production.Context.Caller.ActAs(CallerAccessor.Named("release manager")))
            {
                if (promotion.State == PromotionState.AwaitingApproval)
                    promotion = await production.Promotions.ApproveAsync(promotion.Id, "all gates are green");
            }

            return $"{promotion.State} as {promotion.Result}, {promotion.Gates.Count(gate => gate.Passed)} of {promotion.Gates.Count} gates passed";
        });
    }

    await view.StepAsync("Score every route in a batch", async _ =>
    {
        var routes = await flights.RoutesAsync(live, default);
        var frame = await production.Features.GetTrainingFrameAsync(routes, "asked_at", Flights.Service);
        var result = await production.Scoring.RunAsync(new BatchScoringJob { Name = "routes", Run = $"{live}", Endpoint = Model, KeyColumns = ["origin", "destination"] }, frame);
        var fallback = new PredictionFallback { Default = [0.2f] };
        var (known, unknown) = (await production.Scoring.GetAsync("routes", "ORD|LAX", fallback), await production.Scoring.GetAsync("routes", "ORD|XXX", fallback));
        return $"{result.Rows:N0} routes; ORD to LAX {known.Scores[0]:P0} ({known.Source}), ORD to XXX {unknown.Scores[0]:P0} ({unknown.Source})";
    });

    for (var i = told; i < int.Parse(plan.Data); i++)
    {
        var (from, to) = (slices[i], slices[i + 1]);
        await view.StepAsync($"Answer passengers from {from.ToString()[..10]}", async progress =>
        {
            var traffic = new LiveTraffic(production, flights);
            var answered = await traffic.ReplayAsync(from, to, progress, default);
            latencies[$"from {from.ToString()[..10]}"] = traffic.LatenciesMs;
            return $"{answered:N0} predictions";
        });
        await view.StepAsync("Compare served features with history", async progress =>
        {
            await flights.IngestAsync(production.Features, to, progress, default);
            var asked = await flights.AskedAsync(from, to, default);
            var skew = await production.AuditServedFeaturesAsync(Model, Flights.Service, asked, "asked_at", row => LiveTraffic.IdOf(asked.Column<long>("id")[row]));
            return $"{skew.Different:N0} of {skew.Values:N0} values differ";
        });
        await view.StepAsync("Decide about the canary", async _ => (await production.DecideCanaryAsync(Model, from, to, new() { RollBackWhenUndecided = true })).Reason);
        await view.StepAsync("Look for drift", async progress =>
        {
            var drift = await production.CheckDriftAsync(Model, from, to, new() { ColumnShare = builder.Configuration.GetValue("drift-share", 0.1) });
            if (!drift.Drifted)
                return $"{drift.DriftedShare:P0} of the columns drifted: nothing to do";
            var happened = (await events.ReadAsync(typePrefix: MonitoringEvents.DriftDetected))[^1];
            var run = await production.Pipelines.WaitForTriggeredAsync("delay-training", "retrain-on-drift", happened, TimeProvider.System);
            var version = (await production.Pipelines.FollowAsync(run, progress)).EnsureCompleted().Model!.Value;
            await production.StartCanaryAsync(version, 0.1, "retrained on drift");
            return $"{drift.DriftedShare:P0} of the columns drifted: retrained as {version}, which gets 10 % of the traffic";
        });
        await events.AppendAsync(SliceDone, Model, key: $"{SliceDone}/{from}");
    }
});

await view.ConcludeAsync(directory, new() { Subtitle = "Three million US flights of 2001", LatenciesMs = latencies, QualityWindows = [.. slices.Zip(slices.Skip(1))] });
await events.AppendAsync(Ended, Model, key: $"{Ended}/{tellings}");
await host.StopAsync();
