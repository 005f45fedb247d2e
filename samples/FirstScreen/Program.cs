using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using MlOps;
using MlOps.Features;

var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddMlOps(builder.Configuration)
    .AddEnvironment("sandbox")
    .AddEnvironment("production", production => { production.PromotesFrom = "sandbox"; production.Gates["auc"] = new() { Min = 0.6 }; })
    .AddFeatureView("orders", view => view.Key("customer").EventTime("ordered_at")
        .Windows(FeatureWindow.Days(7), FeatureWindow.Days(28)).Aggregate("amount", [AggregateFunction.Count, AggregateFunction.Mean], scale: 100))
    .AddFeatureService("churn", service => service.View("orders"))
    .AddModel<Customer, ChurnRisk>("churn", model => model.Lookup("churn", customer => customer.Id).Decode(scores => new ChurnRisk(scores[0])))
    .AddPipeline<ChurnTraining>();
using var host = builder.Build();
await host.StartAsync();

var environments = host.Services.GetRequiredService<IMlOpsEnvironments>();
var (sandbox, production) = (environments["sandbox"], environments["production"]);
var run = await sandbox.Pipelines.RunAsync<ChurnTraining, TrainingDays>(new(120));        // durable: a killed host goes on where it was
await sandbox.PromoteAsync(run.EnsureCompleted().Model!.Value, to: "production");         // a refusal names gate, measured value and bound

await Orders.IngestAsync(production.Features, 120);
await production.Features.MaterializeAsync("churn", Orders.Today);
var risk = await production.Get<IPredictor<Customer, ChurnRisk>>().PredictAsync(new Customer("c17"));   // features online, batched ONNX
Console.WriteLine($"{risk.Value.Probability:P0} by {risk.Version}");

public sealed record Customer(string Id);

public sealed record ChurnRisk(float Probability);
