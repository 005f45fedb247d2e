using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using MlOps;
using MlOps.Learning;
using MlOps.Registry;
using MlOps.Serving;

namespace FlightDelayServer;

/// <summary>A web host that serves the flight-delay model of two environments.</summary>
public static class DelayServer
{
    public const string Model = "flight-delay";

    public static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.Configuration.AddInMemoryCollection([new("MlOps:DefaultEnvironment", "production")]);
        builder.Services.AddMlOps(builder.Configuration)
            .AddEnvironment("staging")
            .AddEnvironment("production", production => production.PromotesFrom = "staging");
        builder.Services.Configure<MlOpsOptions>(options => options.Path = Path.GetFullPath(builder.Configuration["directory"] ?? "demo"));
        builder.Services.AddMlOpsHttp();
        builder.Services.AddHealthChecks().AddMlOps();

        var app = builder.Build();
        app.MapMlOps(); // production at /v2, staging at /environments/staging/v2
        app.MapHealthChecks("/healthz");
        return app;
    }

    /// <summary>Gives both environments a model unless the folder, for instance that of the FlightDelay sample, has them already.</summary>
    public static async Task ServeAsync(WebApplication app)
    {
        var environments = app.Services.GetRequiredService<IMlOpsEnvironments>();
        var (staging, production) = (environments["staging"], environments["production"]);
        if (await staging.Endpoints[Model].GetTrafficAsync() is not { } tested)
        {
            tested = TrafficPolicy.Single(await TrainAsync(staging));
            await staging.Endpoints[Model].SetTrafficAsync(tested, "test endpoint");
        }

        // The sample's shortcut; FlightDelay shows the way through gates and approvals.
        if (await production.Endpoints[Model].GetTrafficAsync() is null)
            await production.Endpoints[Model].SetTrafficAsync(TrafficPolicy.Single(await TrainAsync(production)), "first release");
    }

    private static async Task<ModelVersionRef> TrainAsync(IMlOpsEnvironment environment)
    {
        var (train, test) = MadeUpFlights().SplitAt(3000);
        var model = new GradientBoostedTreesTrainer(new() { Trees = 40, Seed = 17 }).Train(train);
        var draft = await new ModelVersionBuilder(environment.Context.Artifacts, Model)
            .WithTrainedModel(model, train, BinaryMetrics.Evaluate(test.Labels, model.Predict(test)))
            .BuildAsync();
        return (await environment.Models.RegisterAsync(draft)).Ref;
    }

    // Late in the day, on Fridays and on long ways flights are late more often.
    private static FeatureMatrix MadeUpFlights()
    {
        var random = new Random(1);
        float[][] columns = [new float[4000], new float[4000], new float[4000]];
        var late = new float[4000];
        for (var i = 0; i < late.Length; i++)
        {
            (columns[0][i], columns[1][i], columns[2][i]) = (random.Next(100, 2500), random.Next(6, 23), random.Next(1, 8));
            late[i] = random.NextDouble() < 0.05 + (0.02 * (columns[1][i] - 6)) + (columns[2][i] == 5 ? 0.2 : 0) + (columns[0][i] / 20_000) ? 1 : 0;
        }

        return new FeatureMatrix(["distance", "hour", "weekday"], columns, late);
    }
}
