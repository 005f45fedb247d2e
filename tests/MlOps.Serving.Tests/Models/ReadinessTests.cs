using Microsoft.Extensions.DependencyInjection;

namespace MlOps.Serving.Tests.Models;

public sealed class ReadinessTests
{
    [Fact]
    public async Task GetReadinessAsync_AfterARestart_BecomesReadyOnceWarm()
    {
        await using var fixture = new ServingFixture();
        await fixture.Endpoints["flight-delay"].SetTrafficAsync(TrafficPolicy.Single(await fixture.RegisterScaleAsync(2)), "first");
        await fixture.Endpoints["stopped"].SetTrafficAsync(TrafficPolicy.Single(await fixture.RegisterScaleAsync(3)), "first");
        await fixture.Endpoints["stopped"].StopAsync("over");
        await fixture.RestartAsync();
        var models = fixture.Services.GetRequiredKeyedService<IServedModels>("sandbox");
        var cold = await models.GetReadinessAsync();
        (cold.IsReady, cold.Reason).Should().Be((false, "endpoint 'flight-delay': not loaded yet"));
        (await fixture.Endpoints.WarmUpAsync()).IsReady.Should().BeTrue();
        var warm = await models.GetReadinessAsync();
        (warm.IsReady, warm.Reason).Should().Be((true, ""));
        warm.Endpoints.Should().ContainSingle().Which.IsReady.Should().BeTrue();
    }

    [Fact]
    public async Task WarmUpAsync_OneEndpointCannotBeLoaded_TheOthersAre()
    {
        await using var pool = new PoolFixture();
        var (good, bad) = (await pool.RegisterAsync(), await pool.RegisterAsync());
        await pool.Fixture.Endpoints["bad"].SetTrafficAsync(TrafficPolicy.Single(bad), "first");
        await pool.Fixture.Endpoints["good"].SetTrafficAsync(TrafficPolicy.Single(good), "first");
        await pool.Fixture.RestartAsync();
        pool.FailLoad = version => version == bad ? new InvalidDefinitionException("broken") : null;
        var readiness = await pool.Fixture.Endpoints.WarmUpAsync();
        (readiness.IsReady, readiness.Reason).Should().Be((false, "endpoint 'bad': broken"));
        readiness.Endpoints.Single(endpoint => endpoint.Name == "good").IsReady.Should().BeTrue();
        pool.FailLoad = null;
        pool.Fixture.Environment.Clock.Advance(TimeSpan.FromSeconds(5));
        (await pool.Fixture.Endpoints.WarmUpAsync()).IsReady.Should().BeTrue();
    }

    [Fact]
    public async Task GetReadinessAsync_WarmUpAtStartOff_CountsEndpointsNobodyAskedAsReady()
    {
        await using var fixture = new ServingFixture((services, name) => services.Configure<ServingOptions>(name, options => options.WarmUpAtStart = false));
        await fixture.Endpoints["flight-delay"].SetTrafficAsync(TrafficPolicy.Single(await fixture.RegisterScaleAsync(2)), "first");
        await fixture.RestartAsync();
        (await fixture.Services.GetRequiredKeyedService<IServedModels>("sandbox").GetReadinessAsync()).IsReady.Should().BeTrue();
    }
}
