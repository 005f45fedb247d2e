using Microsoft.Extensions.DependencyInjection;
using MlOps.Registry;

namespace MlOps.Serving.Tests.Models;

/// <summary>Endpoints that follow aliases, over the real registry.</summary>
public sealed class AliasTests : IAsyncDisposable
{
    private readonly TestEnvironment _environment = new();
    private readonly ServiceProvider _services;

    public AliasTests() => _services = Build();

    private IModelRegistry Registry => _services.GetRequiredKeyedService<IModelRegistry>("sandbox");

    private IEndpoints Endpoints => _services.GetRequiredKeyedService<IEndpoints>("sandbox");

    [Fact]
    public async Task FollowAsync_AliasMovesInAnotherProcess_SwitchesAfterVerifying()
    {
        var (one, two, bad) = (await RegisterAsync(1), await RegisterAsync(2), await RegisterAsync(3, claimed: 4));
        await Registry.SetAliasAsync(one, "champion", "first");
        var endpoint = Endpoints["scale"];
        (await endpoint.FollowAsync("champion", "follow")).Should().Be(1);
        (await AskAsync(Endpoints)).Should().Be(one);
        await using var other = Build();
        (await AskAsync(other.GetRequiredKeyedService<IEndpoints>("sandbox"))).Should().Be(one);

        await other.GetRequiredKeyedService<IModelRegistry>("sandbox").SetAliasAsync(two, "champion", "better");
        await Endpoints.RefreshAsync();
        (await AskAsync(Endpoints)).Should().Be(two);
        await other.GetRequiredKeyedService<IEndpoints>("sandbox").RefreshAsync();
        (await AskAsync(other.GetRequiredKeyedService<IEndpoints>("sandbox"))).Should().Be(two);
        (await endpoint.GetHistoryAsync()).Select(change => change.Reason).Should().Equal("follow", "alias 'champion' moved to scale:2");
        (await endpoint.GetTrafficAsync())!.Shares.Should().ContainSingle().Which.Should().Be(new TrafficShare(two, 1, "stable") { Alias = "champion" });

        await Registry.SetAliasAsync(bad, "champion", "mistake");
        await Endpoints.RefreshAsync();
        (await AskAsync(Endpoints)).Should().Be(two, "a version that does not reproduce its example is not switched to");
        (await Endpoints.ListAsync())[0].LastError.Should().Contain("stored example");
        await Registry.SetAliasAsync(one, "champion", "back");
        await Endpoints.RefreshAsync();
        (await AskAsync(Endpoints)).Should().Be(one);
        (await Endpoints.ListAsync())[0].LastError.Should().BeNull();
    }

    [Fact]
    public async Task FollowAsync_AliasMovedWhileNobodyServed_IsFollowedAtTheFirstLook()
    {
        var (one, two) = (await RegisterAsync(1), await RegisterAsync(2));
        await Registry.SetAliasAsync(one, "champion", "first");
        await using (var former = Build())
            await former.GetRequiredKeyedService<IEndpoints>("sandbox")["scale"].FollowAsync("champion", "follow");
        await Registry.SetAliasAsync(two, "champion", "meanwhile");
        await Endpoints.WarmUpAsync();
        (await AskAsync(Endpoints)).Should().Be(one);
        await Endpoints.RefreshAsync();
        (await AskAsync(Endpoints)).Should().Be(two);
    }

    [Fact]
    public async Task SetTrafficAsync_SharesByAlias_CanaryPromotedToChampionTakesAll()
    {
        var (one, two) = (await RegisterAsync(1), await RegisterAsync(2));
        await Registry.SetAliasAsync(one, "champion", "first");
        await Registry.SetAliasAsync(two, "challenger", "try");
        await Endpoints["scale"].SetTrafficAsync(
            new TrafficPolicy { Shares = [TrafficShare.Following("scale", "champion", 0.9), TrafficShare.Following("scale", "challenger", 0.1, TrafficPolicy.CanaryVariant)] }, "try");
        (await Endpoints["scale"].GetTrafficAsync())!.Shares.Select(share => share.Version).Should().Equal(one, two);
        await Registry.SetAliasAsync(two, "champion", "won");
        await Endpoints.RefreshAsync();
        (await Endpoints["scale"].GetTrafficAsync())!.Shares.Should().ContainSingle().Which.Should().Be(new TrafficShare(two, 1, "stable") { Alias = "champion" });
        (await AskAsync(Endpoints)).Should().Be(two);
    }

    [Fact]
    public async Task FollowAsync_AliasThatPointsNowhere_SaysSo()
    {
        await RegisterAsync(1);
        (await Endpoints["scale"].Invoking(endpoint => endpoint.FollowAsync("champion", "follow").AsTask()).Should().ThrowAsync<NotFoundException>())
            .WithMessage("*'champion'*'scale'*no version*");
        (await Endpoints["scale"].GetTrafficAsync()).Should().BeNull();
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await _environment.DisposeAsync();
    }

    private static async Task<ModelVersionRef> AskAsync(IEndpoints endpoints)
    {
        var scores = new float[2];
        var result = await endpoints["scale"].PredictAsync(new float[] { 1, 2 }, scores);
        scores[1].Should().Be(2 * result.Version.Version);
        return result.Version;
    }

    private async Task<ModelVersionRef> RegisterAsync(float scale, float? claimed = null)
    {
        var draft = await new ModelVersionBuilder(_environment.Context.Artifacts, "scale").WithOnnx(OnnxModels.Scale(scale, 2), ["a", "b"])
            .WithInputExample([1, 2], [claimed ?? scale, 2 * (claimed ?? scale)]).BuildAsync();
        return (await Registry.RegisterAsync(draft)).Ref;
    }

    private ServiceProvider Build()
    {
        var services = new ServiceCollection();
        services.AddKeyedSingleton("sandbox", (_, _) => _environment.Context);
        services.AddMlOpsRegistry("sandbox").AddMlOpsServing("sandbox");
        return services.BuildServiceProvider();
    }
}
