using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using MlOps.Registry;
using MlOps.Testing;

namespace MlOps.Hosting;

/// <summary>Tries to reach production from a pipeline of the sandbox by every route that a constructor offers.</summary>
public sealed class IsolationTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact] public Task Pipeline_ThatAsksByAnotherKey_IsRefused() => RefusedAsync<ByKey>("sandbox", "of environment 'production'", "Remove [FromKeyedServices]");

    [Fact] public Task Pipeline_ThatAsksByAnyKey_IsRefused() => RefusedAsync<ByAnyKey>("sandbox", "under any key");

    [Fact] public Task Pipeline_ThatAsksForTheContainer_IsRefused() => RefusedAsync<ByProvider>("sandbox", "IServiceProvider", "IMlOpsEnvironment");

    [Fact] public Task Pipeline_ThatAsksForTheKeyedContainer_IsRefused() => RefusedAsync<ByKeyedProvider>("sandbox", "IKeyedServiceProvider");

    [Fact] public Task Pipeline_ThatAsksForScopes_IsRefused() => RefusedAsync<ByScopes>("sandbox", "IServiceScopeFactory");

    [Fact] public Task Pipeline_ThatAsksForAllEnvironments_IsRefused() => RefusedAsync<ByEnvironments>("sandbox", "IMlOpsEnvironments");

    [Fact] public Task Pipeline_ThatAsksForTheHost_IsRefused() => RefusedAsync<ByHost>("sandbox", "IHost");

    [Theory]
    [InlineData("sandbox")]
    [InlineData("production")]
    public async Task Pipeline_HoweverItAsks_GetsItsOwnEnvironmentNotTheDefaultOne(string byDefault)
    {
        await using var host = await TestHost.StartAsync(_directory.Path, [("DefaultEnvironment", byDefault), ("Environments:sandbox:Approvals", "0"), ("Environments:production:Approvals", "0")],
            mlops => mlops.AddPipeline<Honest>());

        foreach (var environment in host.Environments)
            (await environment.Pipelines.RunAsync<Honest, int>(1)).EnsureCompleted();
        foreach (var environment in host.Environments)
        {
            (await environment.Models.ListModelsAsync()).Should().BeEmpty();
            (await environment.Context.Events.ReadAsync(typePrefix: "honest")).Select(happened => happened.Subject).Should().Equal(Enumerable.Repeat(environment.Name, 4));
        }
    }

    [Fact]
    public async Task Pipeline_ThatIsRefused_KeepsNoOtherFromRunning()
    {
        await using var host = TestHost.Build(_directory.Path, configure: mlops => mlops.AddEnvironment("sandbox").AddEnvironment("production").AddPipeline<ByKey>().AddPipeline<EmptyPipeline>());

        (await host["sandbox"].Pipelines.RunAsync<EmptyPipeline, int>(1)).EnsureCompleted();
        var run = async () => await host["sandbox"].Pipelines.RunAsync<ByKey, int>(1);
        await run.Should().ThrowAsync<EnvironmentIsolationException>();
    }

    [Fact]
    public async Task Store_MovedBetweenEnvironments_IsRefusedUnderTheWrongName()
    {
        await using (var host = TestHost.Build(_directory.Path, configure: mlops => mlops.AddEnvironment("sandbox").AddEnvironment("production")))
        {
            await SyntheticModel.RegisterAsync(host["sandbox"], model: "secret");
            _ = host["production"].Context;
        }

        Directory.Move(_directory["production"], _directory["away"]);
        Directory.Move(_directory["sandbox"], _directory["production"]);
        var mistakes = await TestHost.MistakesAsync(_directory.Path, configure: mlops => mlops.AddEnvironment("production"));
        mistakes.Should().ContainSingle().Which.Should().ContainAll("belongs to environment 'sandbox'", "'production'");

        // Without its stamp the directory is still known by the stamp inside its store.
        File.Delete(_directory["production/environment.json"]);
        mistakes = await TestHost.MistakesAsync(_directory.Path, configure: mlops => mlops.AddEnvironment("production"));
        mistakes.Should().ContainSingle().Which.Should().ContainAll("'sandbox'", "'production'");
    }

    [Fact]
    public async Task Store_MovedToAnotherPlace_OpensUnderItsOwnName()
    {
        ModelVersionRef version;
        await using (var host = TestHost.Build(_directory.Path, configure: mlops => mlops.AddEnvironment("sandbox")))
            version = await SyntheticModel.RegisterAsync(host["sandbox"]);

        Directory.Move(_directory["sandbox"], _directory["elsewhere"]);
        await using var moved = await TestHost.StartAsync(_directory.Path, [("Environments:sandbox:Store:Path", _directory["elsewhere"])]);
        (await moved["sandbox"].Models.GetAsync(version)).Ref.Should().Be(version);
    }

    [Fact]
    public async Task Blob_OfAnotherEnvironment_IsNotFound()
    {
        await using var host = TestHost.Build(_directory.Path, configure: mlops => mlops.AddEnvironment("sandbox").AddEnvironment("production"));
        var draft = await SyntheticModel.DraftAsync(host["sandbox"]);

        var register = async () => await host["production"].Models.RegisterAsync(draft);
        await register.Should().ThrowAsync<MlOpsException>();
        (await host["production"].Models.ListModelsAsync()).Should().BeEmpty();
    }

    private async Task RefusedAsync<TPipeline>(string environment, params string[] parts)
        where TPipeline : class, IPipeline
    {
        var mistakes = await TestHost.MistakesAsync(_directory.Path, configure: mlops => mlops.AddEnvironment("sandbox").AddEnvironment("production").AddPipeline<TPipeline>());
        mistakes.Should().Contain(mistake => mistake.StartsWith(environment + ": ", StringComparison.Ordinal) && parts.All(part => mistake.Contains(part, StringComparison.Ordinal)),
            "one has {0} among {1}", string.Join(" and ", parts), string.Join(" / ", mistakes));
    }

    public abstract class Thief : IPipeline<int>
    {
        public string Name => "thief";

        public void Define(PipelineBuilder<int> pipeline) => pipeline.Step("nothing", (_, input, _) => Task.FromResult(input));
    }

    public sealed class ByKey([FromKeyedServices("production")] IModelRegistry models) : Thief
    {
        public IModelRegistry Models => models;
    }

    public sealed class ByAnyKey([AnyKey] IEnumerable<IModelRegistry> models) : Thief
    {
        public IEnumerable<IModelRegistry> Models => models;
    }

    public sealed class ByProvider(IServiceProvider services) : Thief
    {
        public IServiceProvider Services => services;
    }

    public sealed class ByKeyedProvider(IKeyedServiceProvider services) : Thief
    {
        public IKeyedServiceProvider Services => services;
    }

    public sealed class ByScopes(IServiceScopeFactory scopes) : Thief
    {
        public IServiceScopeFactory Scopes => scopes;
    }

    public sealed class ByEnvironments(IMlOpsEnvironments environments) : Thief
    {
        public IMlOpsEnvironments Environments => environments;
    }

    public sealed class ByHost(IHost host) : Thief
    {
        public IHost Host => host;
    }

    public sealed class AnyKeyAttribute() : FromKeyedServicesAttribute(KeyedService.AnyKey);

    /// <summary>Asks in the allowed ways, and leaves a mark wherever each leads.</summary>
    public sealed class Honest(IMlOpsEnvironment environment, IEventLog plain, [FromKeyedServices(null!)] IEventLog withoutKey, IEnumerable<IEventLog> all) : IPipeline<int>
    {
        public string Name => "honest";

        public void Define(PipelineBuilder<int> pipeline) => pipeline.Step("mark", async (context, input, stop) =>
        {
            await environment.Context.Events.AppendAsync("honest", environment.Name, cancellationToken: stop);
            await plain.AppendAsync("honest", context.Environment.Name, cancellationToken: stop);
            await withoutKey.AppendAsync("honest", context.Environment.Name, cancellationToken: stop);
            foreach (var log in all)
                await log.AppendAsync("honest", context.Environment.Name, cancellationToken: stop);
            return input;
        }, step => step.NoCache());
    }
}
