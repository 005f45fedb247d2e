using Microsoft.Extensions.DependencyInjection;
using MlOps.Registry;
using MlOps.Serving;
using MlOps.Testing;

namespace MlOps.Hosting;

public sealed partial class TypedModelsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Model_OfMarkedTypes_NeedsNoBinding()
    {
        await using var host = await TestHost.StartAsync(_directory.Path, configure: mlops => mlops.AddEnvironment("sandbox")
            .AddModel<Ask, Answer>(SyntheticModel.Name).AddModel<Ask>(SyntheticModel.Name));
        var sandbox = host["sandbox"];
        var version = (await sandbox.Models.RegisterAsync(await SyntheticModel.DraftAsync(sandbox, features: ["age", "orders"]))).Ref;
        await sandbox.Deployer.DeployAsync(version, 1, "first");

        var answer = await sandbox.Get<IPredictor<Ask, Answer>>().PredictAsync(new Ask("c1", 0.5f, 2));
        var score = await host.Services.GetRequiredService<IPredictor<Ask, float>>().PredictAsync(new Ask("c1", 0.5f, 2));

        answer.Version.Should().Be(version);
        answer.Value.Score.Should().Be(score.Value);
        answer.Value.Score.Should().NotBe((await sandbox.Get<IPredictor<Ask, Answer>>().PredictAsync(new Ask("c1", -5f, 2))).Value.Score);
    }

    [Fact]
    public async Task Model_WhoseFeaturesAreOthers_NamesThem()
    {
        await using var host = await TestHost.StartAsync(_directory.Path, configure: mlops => mlops.AddEnvironment("sandbox").AddModel<Ask>(SyntheticModel.Name));
        var sandbox = host["sandbox"];
        await sandbox.Deployer.DeployAsync((await sandbox.Models.RegisterAsync(await SyntheticModel.DraftAsync(sandbox, features: ["age", "visits"]))).Ref, 1, "first");

        var predict = async () => await sandbox.Get<IPredictor<Ask, float>>().PredictAsync(new Ask("c1", 0.5f, 2));

        (await predict.Should().ThrowAsync<InvalidDefinitionException>()).WithMessage("*visits*orders*");
    }

    [ModelInput]
    public sealed partial record Ask([property: StickyKey] string Customer, float Age, int Orders);

    [ModelOutput]
    public readonly partial record struct Answer(float Score);
}
