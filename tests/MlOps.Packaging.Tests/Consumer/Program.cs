using System.Reflection;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using MlOps;
using MlOps.Features;
using MlOps.Learning;
using MlOps.Registry;

foreach (string path in Directory.EnumerateFiles(AppContext.BaseDirectory, "MlOps.*.dll"))
    Console.WriteLine($"{Assembly.LoadFrom(path).GetName().Name} loaded");

var frame = new DataFrame(DataColumn.Create<long>("id", [1, 2, 3]));
Console.WriteLine($"frame of {frame.RowCount} rows, digest {ArtifactDigest.Of([1, 2, 3])}");

var binding = typeof(Microsoft.ML.OnnxRuntime.InferenceSession).Assembly.GetName();
Console.WriteLine($"ONNX Runtime binding 1.29 ({binding.FullName})");

SQLitePCL.raw.SetProvider(new SQLitePCL.SQLite3Provider_e_sqlite3());
using var connection = new SqliteConnection("Data Source=:memory:");
connection.Open();
using var command = connection.CreateCommand();
command.CommandText = "select sqlite_version()";
Console.WriteLine($"SQLite {command.ExecuteScalar()}");

// The job itself: a host, a trained model, its version, a prediction by ONNX Runtime.
var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddMlOps(options => options.Path = Path.Combine(AppContext.BaseDirectory, "mlops"))
    .AddFeatures<Shopper>("shopper", view => view.Key(shopper => shopper.Id).Ttl(TimeSpan.FromDays(1)))
    .AddModel<Customer, float>("churn", model => model.Feature("age", customer => customer.Age).Decode(scores => scores[0]));
using var host = builder.Build();
await host.StartAsync();
var sandbox = host.Services.GetRequiredService<IMlOpsEnvironment>();
float[] ages = [.. Enumerable.Range(0, 200).Select(i => i / 10f)];
var trained = new LogisticRegressionTrainer().Train(new FeatureMatrix(["age"], [ages], [.. ages.Select((age, i) => age > 10 == (i % 7 != 0) ? 1f : 0f)]));
var draft = await new ModelVersionBuilder(sandbox.Context.Artifacts, "churn").WithOnnx(trained.ToOnnx(), ["age"]).BuildAsync();
var version = await sandbox.Models.RegisterAsync(draft);
Console.WriteLine($"environment {sandbox.Name}");
await sandbox.Deployer.DeployAsync(version.Ref, 1, "first");
var prediction = await host.Services.GetRequiredService<IPredictor<Customer, float>>().PredictAsync(new Customer(15));
Console.WriteLine($"{prediction.Version} predicts as it was trained: {Math.Abs(prediction.Value - trained.Predict([15f])) < 1e-5}");

// The generator came with the package: it wrote how Shopper becomes columns and back.
var shopper = new Shopper("s1", DateTimeOffset.UtcNow, 7, null);
await sandbox.Get<IFeatureStore>().PushAsync("shopper", [shopper], "consumer", 1);
Console.WriteLine($"shopper with {(await host.Services.GetRequiredService<IFeatureReader<Shopper>>().GetAsync("s1")).Orders} orders");
await host.StopAsync();

internal sealed record Customer(float Age);

[FeatureRow]
internal sealed partial record Shopper(string Id, [property: EventTime] DateTimeOffset At, int Orders, double? Discount);
