using Microsoft.Extensions.DependencyInjection;
using MlOps.Environments;
using MlOps.Features;
using MlOps.Monitoring;
using MlOps.Orchestration;
using MlOps.Registry;
using MlOps.Serving;
using MlOps.Testing;

namespace MlOps.Hosting;

public sealed class ServiceTests : IDisposable
{
    private static readonly Type[] Owned =
    [
        typeof(EnvironmentContext), typeof(IArtifactStore), typeof(IEventLog), typeof(IAuditLog), typeof(IModelRegistry), typeof(IExperiments), typeof(IFeatureStore),
        typeof(IMonitors), typeof(IEndpoints), typeof(IBatchScoring), typeof(IPipelines), typeof(IPromotions), typeof(IMlOpsEnvironment),
    ];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task UnkeyedServices_WithoutADefault_AreThoseOfTheFirstByKindThenName()
    {
        await using var host = TestHost.Build(_directory.Path, configure: mlops => mlops
            .AddEnvironment("production").AddEnvironment("west", west => west.Kind = EnvironmentKind.Staging).AddEnvironment("east", east => east.Kind = EnvironmentKind.Staging));

        foreach (var service in Owned)
            host.Services.GetRequiredService(service).Should().BeSameAs(((IKeyedServiceProvider)host.Services).GetRequiredKeyedService(service, "east"), service.Name);
    }

    [Fact]
    public async Task UnkeyedServices_WithADefault_AreItsOwn()
    {
        await using var host = TestHost.Build(_directory.Path, [("DefaultEnvironment", "Production")], mlops => mlops.AddEnvironment("production").AddEnvironment("staging"));

        host.Services.GetRequiredService<EnvironmentContext>().Name.Should().Be("production");
        host.Environments.Default.Name.Should().Be("production");
    }

    [Fact]
    public async Task KeyedServices_OfTwoEnvironments_AreNeverShared()
    {
        await using var host = TestHost.Build(_directory.Path, configure: mlops => mlops.AddEnvironment("staging").AddEnvironment("production"));

        foreach (var service in Owned.Append(typeof(EnvironmentStores)).Append(typeof(EnvironmentPolicy)).Append(typeof(IModelDeployer)).Append(typeof(IPredictionSink)).Append(typeof(IPipelineWorker)))
        {
            var keyed = (IKeyedServiceProvider)host.Services;
            keyed.GetRequiredKeyedService(service, "staging").Should().NotBeSameAs(keyed.GetRequiredKeyedService(service, "production"), service.Name);
        }
    }

    [Fact]
    public async Task KeyedService_UnderAMistypedName_IsNobodys()
    {
        await using var host = TestHost.Build(_directory.Path, configure: mlops => mlops.AddEnvironment("staging").AddEnvironment("production"));

        foreach (var service in Owned)
        {
            var ask = () => ((IKeyedServiceProvider)host.Services).GetRequiredKeyedService(service, "stagin");
            ask.Should().Throw<InvalidOperationException>(service.Name);
            ((IKeyedServiceProvider)host.Services).GetKeyedService(service, "stagin").Should().BeNull();
        }
    }

    [Fact]
    public async Task Environments_AskedForAMistypedName_ListThoseDeclared()
    {
        await using var host = TestHost.Build(_directory.Path, configure: mlops => mlops.AddEnvironment("staging").AddEnvironment("production"));

        host.Invoking(h => h["stagin"]).Should().Throw<UnknownEnvironmentException>().Which.Message.Should().ContainAll("'stagin'", "'staging'", "'production'", "AddEnvironment");
    }

    [Fact]
    public async Task Sandbox_NotDeclaredWhereOthersAre_GivesNoLiveService()
    {
        await using var host = TestHost.Build(_directory.Path, configure: mlops => mlops.AddEnvironment("production").AddModel<Customer, float>("churn", model => model
            .Feature("age", _ => 1).Decode(scores => scores[0])));

        foreach (var service in Owned.Append(typeof(EnvironmentPolicy)).Append(typeof(IPredictor<Customer, float>)).Append(typeof(IModelDeployer)).Append(typeof(IPipelineWorker)))
        {
            var ask = () => ((IKeyedServiceProvider)host.Services).GetRequiredKeyedService(service, "sandbox");
            ask.Should().Throw<UnknownEnvironmentException>(service.Name);
        }

        Directory.Exists(_directory["sandbox"]).Should().BeFalse();
    }

    [Fact]
    public async Task VectorSources_OfAnEnvironment_ReadItsOwnFeatures()
    {
        await using var host = TestHost.Build(_directory.Path, configure: mlops => mlops.AddEnvironment("staging").AddEnvironment("production").AddCustomers());
        var now = Timestamp.From(DateTimeOffset.UtcNow);
        await host["production"].Features.PushAsync("customer", new DataFrame(
            DataColumn.FromText("id", "c1"), DataColumn.Create("at", new[] { now }), DataColumn.Create("spend", new[] { 12.5 })), "test", 1);

        (await SpendAsync("production")).Should().Be(12.5f);
        (await SpendAsync("staging")).Should().Be(float.NaN);
        var unknown = async () => await host.Services.GetRequiredKeyedService<IFeatureVectorSourceProvider>("staging").GetVectorSourceAsync("customer");
        await unknown.Should().ThrowAsync<MlOpsException>().WithMessage("*customers*");

        async Task<float> SpendAsync(string environment)
        {
            var source = await host.Services.GetRequiredKeyedService<IFeatureVectorSourceProvider>(environment).GetVectorSourceAsync("customers");
            var values = new float[1];
            await source.ReadAsync(new[] { "c1" }, now, values);
            return values[0];
        }
    }
}
