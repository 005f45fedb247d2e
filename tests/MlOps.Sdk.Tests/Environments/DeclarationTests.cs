using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using MlOps.Orchestration;
using MlOps.Testing;

namespace MlOps.Hosting;

public sealed class DeclarationTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task AddMlOps_WithNothingConfigured_WorksAndWritesBelowOneDirectory()
    {
        var expected = Path.GetFullPath("mlops");
        if (Directory.Exists(expected))
            Directory.Delete(expected, recursive: true);
        await using (var services = new ServiceCollection().AddMlOps().Services.BuildServiceProvider())
        {
            var environments = services.GetRequiredService<IMlOpsEnvironments>();
            environments.Select(environment => environment.Name).Should().Equal("sandbox");
            var version = await SyntheticModel.RegisterAsync(environments.Default);
            (await environments.Default.Models.GetAsync(version)).Ref.Should().Be(version);
            environments.Default.Context.Directory.Should().Be(Path.Combine(expected, "sandbox"));
        }

        Directory.EnumerateFileSystemEntries(expected).Select(Path.GetFileName).Should().Equal("sandbox");
        Directory.Delete(expected, recursive: true);
    }

    [Fact]
    public async Task Environments_FromConfigurationAndCode_AreTheUnionInWhateverCase()
    {
        await using var host = await TestHost.StartAsync(_directory.Path, [("Environments:Production:PromotesFrom", "STAGING"), ("Environments:production:Approvals", "2")], mlops => mlops
            .AddEnvironment("Staging", staging => staging.Kind = EnvironmentKind.Staging)
            .AddEnvironment("PRODUCTION", production => production.Approvals = 3)
            .AddEnvironment("lab"));

        host.Environments.Select(environment => (environment.Name, environment.Kind)).Should().Equal(
            ("lab", EnvironmentKind.Sandbox), ("staging", EnvironmentKind.Staging), ("production", EnvironmentKind.Production));
        host["Lab"].Should().BeSameAs(host["lab"]);
        var policy = host["production"].Get<EnvironmentPolicy>();
        policy.PromotesFrom.Should().Be("staging");
        policy.Approvals.Should().Be(3, "code comes after the configuration");
        host.Services.GetService<IOptions<MlOpsOptions>>()!.Value.Environments.Should().HaveCount(3);
    }

    [Fact]
    public async Task Environments_FromOptionsInCode_AreDeclared()
    {
        var services = new ServiceCollection();
        services.AddMlOps(options =>
        {
            options.Path = _directory.Path;
            options.Environments["Staging"] = new EnvironmentOptions { Approvals = 0 };
            options.DefaultEnvironment = "STAGING";
        });
        await using var provider = services.BuildServiceProvider();

        provider.GetRequiredService<IMlOpsEnvironment>().Name.Should().Be("staging");
        provider.GetRequiredKeyedService<IPipelines>("staging").Should().BeSameAs(provider.GetRequiredService<IPipelines>());
    }

    [Fact]
    public void AddMlOps_CalledAgain_ReturnsTheSameBuilderAndRegistersNothingTwice()
    {
        var services = new ServiceCollection();
        var first = services.AddMlOps().AddEnvironment("production");
        var count = services.Count;

        services.AddMlOps().Should().BeSameAs(first);
        services.AddMlOps().AddEnvironment("Production");
        services.Should().HaveCount(count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Declarations_InAnyOrder_ReachEveryEnvironment(int rotation)
    {
        Action<IMlOpsBuilder>[] parts =
        [
            mlops => mlops.AddEnvironment("production").AddEnvironment("staging"),
            mlops => mlops.AddModel<Customer, float>("churn", model => model.Lookup("customers", customer => customer.Id).Decode(scores => scores[0])),
            mlops => mlops.AddPipeline<EmptyPipeline>().AddCustomers(),
        ];
        await using var host = await TestHost.StartAsync(_directory.Path, configure: mlops =>
        {
            for (var i = 0; i < parts.Length; i++)
                parts[(i + rotation) % parts.Length](mlops);
        });

        foreach (var environment in new[] { "staging", "production" })
        {
            host.Services.GetRequiredKeyedService<IPredictor<Customer, float>>(environment).Endpoint.Should().Be("churn");
            host[environment].Pipelines.Names.Should().Equal("empty");
            host[environment].Features.FeatureNamesOf("customers").Should().Equal("customer_spend");
        }
    }

    [Fact]
    public async Task EnvironmentVariable_OverridesOneValue()
    {
        Environment.SetEnvironmentVariable("MLOPSTEST_MlOps__Environments__production__Approvals", "7");
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("MlOps:Path", _directory.Path), new("MlOps:Environments:staging:Store:Provider", "FileSystem"),
                new("MlOps:Environments:production:PromotesFrom", "staging"), new("MlOps:Environments:production:Approvals", "1")])
            .AddEnvironmentVariables("MLOPSTEST_").Build();
        await using var provider = new ServiceCollection().AddMlOps(configuration).Services.BuildServiceProvider();

        var policy = provider.GetRequiredKeyedService<EnvironmentPolicy>("production");
        policy.Approvals.Should().Be(7);
        policy.PromotesFrom.Should().Be("staging");
    }

    [Fact]
    public async Task Section_PassedItself_IsTheSectionNotItsParent()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("MlOps:Path", _directory.Path), new("MlOps:Environments:lab:Store:Path", _directory["elsewhere"])]).Build();
        await using var provider = new ServiceCollection().AddMlOps(configuration.GetSection("MlOps")).Services.BuildServiceProvider();

        provider.GetRequiredService<EnvironmentContext>().Directory.Should().Be(_directory["elsewhere"]);
    }

    [Fact]
    public async Task Reload_ToAWrongConfiguration_LeavesTheRunningHostAsItIs()
    {
        var source = new ReloadableConfiguration(("MlOps:Path", _directory.Path), ("MlOps:Environments:staging:Serving:MaxBatchSize", "8"));
        var root = new ConfigurationBuilder().Add(source).Build();
        await using var provider = new ServiceCollection().AddMlOps(root).Services.BuildServiceProvider();
        var registry = provider.GetRequiredKeyedService<Registry.IModelRegistry>("staging");

        source.Provider.Set("MlOps:Environments:staging:Serving:MaxBatchSize", "-1");
        source.Provider.Set("MlOps:Environments:late:Approvals", "many");
        var reload = () => root.Reload();
        reload.Should().NotThrow();

        (await registry.ListModelsAsync()).Should().BeEmpty();
        provider.GetRequiredService<IMlOpsEnvironments>().Should().ContainSingle();
    }

    private sealed class ReloadableConfiguration((string Key, string Value) first, (string Key, string Value) second) : IConfigurationSource
    {
        public Settings Provider { get; } = new(first, second);

        public IConfigurationProvider Build(IConfigurationBuilder builder) => Provider;

        internal sealed class Settings : ConfigurationProvider
        {
            public Settings(params (string Key, string Value)[] values)
            {
                foreach (var (key, value) in values)
                    Set(key, value);
            }
        }
    }
}
