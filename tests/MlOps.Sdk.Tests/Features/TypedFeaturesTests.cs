using Microsoft.Extensions.DependencyInjection;
using MlOps.Features;
using MlOps.Registry;
using MlOps.Serving;
using MlOps.Testing;

namespace MlOps.Hosting;

public sealed class TypedFeaturesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task FirstScreenLine_Declared_GivesAViewAServiceAndAReaderPerEnvironment()
    {
        await using var host = TestHost.Build(_directory.Path, configure: mlops => mlops.AddEnvironment("staging").AddEnvironment("production")
            .AddFeatures<Shopper>("customer", view => view.Key(c => c.Id).Ttl(TimeSpan.FromDays(1))));
        var shopper = new Shopper("c1", DateTimeOffset.UtcNow, 3) { Discount = 0.25 };
        await host["production"].Features.PushAsync(host.Services.GetRequiredService<FeatureView<Shopper>>(), [shopper], "test", 1);

        var production = await host.Services.GetRequiredKeyedService<IFeatureReader<Shopper>>("production").GetAsync("c1");
        (production with { At = shopper.At }).Should().Be(shopper);
        var staging = async () => await host.Services.GetRequiredKeyedService<IFeatureReader<Shopper>>("staging").GetAsync("c1");
        await staging.Should().ThrowAsync<InvalidInputException>().WithMessage("*customer@*'c1'*'Orders'*");
        host.Services.GetRequiredService<IFeatureReader<Shopper>>().Should().BeSameAs(host.Services.GetRequiredKeyedService<IFeatureReader<Shopper>>("staging"), "it is the default environment");
    }

    [Fact]
    public void Type_ReadFromTwoServices_IsRefused()
    {
        var build = () => TestHost.Build(_directory.Path, configure: mlops => mlops.AddEnvironment("staging").AddFeatures<Shopper>("customer").AddFeatureReader<Shopper>("other"));

        build.Should().Throw<InvalidDefinitionException>().WithMessage("*Shopper*'customer'*'other'*");
    }

    [Fact]
    public async Task Model_ThatLooksUpComputedFeatures_GetsThemFromTheRequest()
    {
        await using var host = await TestHost.StartAsync(_directory.Path, configure: mlops => mlops.AddEnvironment("sandbox")
            .AddFeatureView("customer", view => view.Key("id").EventTime("at").LastValue("spend"))
            .AddFeatureService("churn", service => service.View("customer").Request("years", DataType.Int64)
                .Compute("age", ["years"], v => v[0] / 100).Compute("share", ["customer_spend", "age"], v => v[0] * v[1]).Hide("customer_spend"))
            .AddModel<Asked, float>(SyntheticModel.Name, model => model.Lookup("churn", asked => asked.Id).Request("years", asked => asked.Years).Decode(scores => scores[0])));
        var sandbox = host["sandbox"];
        await sandbox.Features.PushAsync("customer", new DataFrame(DataColumn.FromText("id", "c1"), DataColumn.Create("at", new[] { Timestamp.From(DateTimeOffset.UtcNow) }), DataColumn.Create("spend", new[] { 2.0 })), "test", 1);
        var draft = await SyntheticModel.DraftAsync(sandbox, features: ["age", "share"]);
        var version = (await sandbox.Models.RegisterAsync(draft)).Ref;
        await sandbox.Deployer.DeployAsync(version, 1, "first");

        var score = (await sandbox.Get<IPredictor<Asked, float>>().PredictAsync(new Asked("c1", 50))).Value;

        score.Should().BeApproximately(Learned([0.5f, 1f]), 1e-5f);
        score.Should().NotBe((await sandbox.Get<IPredictor<Asked, float>>().PredictAsync(new Asked("c1", 10))).Value);
    }

    [Fact]
    public async Task ScoreFeatureView_EveryEntityKnownThen_IsScoredWithItsFeaturesOfThen()
    {
        await using var host = await TestHost.StartAsync(_directory.Path, configure: mlops => mlops.AddEnvironment("sandbox")
            .AddFeatureView("customer", view => view.Key("id").EventTime("at").LastValue("spend").LastValue("age"))
            .AddFeatureService("churn", service => service.View("customer")));
        var sandbox = host["sandbox"];
        var noon = Timestamp.From(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        await sandbox.Features.IngestAsync("customer", Spends((noon - TimeSpan.FromHours(2), "c1", 2f, 0.5f), (noon - TimeSpan.FromHours(1), "c2", 3f, 0.25f), (noon + TimeSpan.FromHours(1), "c1", 9f, 9f), (noon + TimeSpan.FromHours(1), "c3", 9f, 9f)), "history");
        var names = (await sandbox.Features.GetVectorSourceAsync("churn")).FeatureNames;
        var version = (await sandbox.Models.RegisterAsync(await SyntheticModel.DraftAsync(sandbox, features: [.. names]))).Ref;
        var job = new BatchScoringJob { Name = "churn", Run = "noon", Version = version };

        var result = await sandbox.ScoreFeatureViewAsync(job, "customer", "churn", noon);

        (result.Rows, result.Failed).Should().Be((2L, 0L));
        (await sandbox.Scoring.FindAsync("churn", "c1"))!.Scores[0].Should().BeApproximately(Learned(names[0].EndsWith("age", StringComparison.Ordinal) ? [0.5f, 2f] : [2f, 0.5f]), 1e-5f);
        (await sandbox.Scoring.FindAsync("churn", "c3")).Should().BeNull("it was not known at noon");
        (await sandbox.ScoreFeatureViewAsync(job, "customer", "churn", noon)).Resumed.Should().Be(2);
    }

    [Fact]
    public async Task Encoding_StoredWithAModel_IsLoadedAsItWasFitted()
    {
        await using var host = TestHost.Build(_directory.Path, configure: mlops => mlops.AddEnvironment("sandbox"));
        var sandbox = host["sandbox"];
        var frame = new DataFrame(DataColumn.FromText("carrier", "UA", "AA", "UA"), DataColumn.Create("delay", new[] { 1.0, 2, 6 }));
        var encoding = FeatureEncoding.Define().OneHot("carrier").Standardise("delay").Fit(frame);
        var draft = await new ModelVersionBuilder(sandbox.Context.Artifacts, "delay").WithEncoding(encoding).WithOnnx(Onnx(), ["a", "b"]).BuildAsync();
        var version = (await sandbox.Models.RegisterAsync(draft)).Ref;

        var loaded = await sandbox.LoadEncodingAsync(version);

        loaded.Digest.Should().Be(encoding.Digest);
        loaded.Transform(frame).Values.Should().Equal(encoding.Transform(frame).Values);
        var other = async () => await sandbox.LoadEncodingAsync(version, "encodings");
        await other.Should().ThrowAsync<NotFoundException>().WithMessage("*'encodings'*'encoding'*");
    }

    private static ReadOnlyMemory<byte> Onnx() => new Learning.LogisticRegressionTrainer().Train(SyntheticModel.Data(1)).ToOnnx();

    private static DataFrame Spends(params (Timestamp At, string Id, float Spend, float Age)[] rows) => new(
        DataColumn.FromText("id", [.. rows.Select(row => row.Id)]), DataColumn.Create("at", rows.Select(row => row.At).ToArray()),
        DataColumn.Create("spend", rows.Select(row => (double)row.Spend).ToArray()), DataColumn.Create("age", rows.Select(row => (double)row.Age).ToArray()));

    private static float Learned(float[] row) => new Learning.LogisticRegressionTrainer().Train(SyntheticModel.Data(1)).Predict(row);

    private sealed record Asked(string Id, long Years);
}

[FeatureRow]
public sealed partial record Shopper(string Id, [property: EventTime] DateTimeOffset At, int Orders)
{
    public double? Discount { get; init; }
}
