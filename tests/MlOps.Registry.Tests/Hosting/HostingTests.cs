using Microsoft.Extensions.DependencyInjection;
using MlOps.Testing;

namespace MlOps.Registry.Tests;

public sealed class HostingTests
{
    [Fact]
    public async Task AddMlOpsRegistry_TwoEnvironments_EachHasItsOwnStores()
    {
        await using var sandbox = new TestEnvironment();
        await using var staging = new TestEnvironment("staging", EnvironmentKind.Staging);
        var services = new ServiceCollection();
        services.AddKeyedSingleton("sandbox", sandbox.Context).AddKeyedSingleton("staging", staging.Context);
        services.AddMlOpsRegistry("Sandbox").AddMlOpsRegistry("staging").AddMlOpsRegistry("staging");
        services.Count(service => service.ServiceType == typeof(IModelRegistry)).Should().Be(2);
        using var provider = services.BuildServiceProvider();
        await provider.GetRequiredKeyedService<IModelRegistry>("sandbox").RegisterAsync(await Drafts.SmallAsync(sandbox.Context));
        (await provider.GetRequiredKeyedService<IModelRegistry>("sandbox").ListModelsAsync()).Should().Equal("churn");
        (await provider.GetRequiredKeyedService<IModelRegistry>("staging").ListModelsAsync()).Should().BeEmpty();
        provider.GetKeyedService<IExperiments>("production").Should().BeNull();
    }
}
