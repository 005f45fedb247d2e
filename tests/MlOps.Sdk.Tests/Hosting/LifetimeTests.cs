using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using MlOps.Orchestration;
using MlOps.Registry;
using MlOps.Serving;
using MlOps.Testing;

namespace MlOps.Hosting;

public sealed class LifetimeTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Host_StoppedOrNot_IsDisposedQuietlyWhileItsLoopsWork(bool stop)
    {
        for (var round = 0; round < 5; round++)
        {
            var host = await TestHost.StartAsync(_directory.Path, configure: mlops => mlops
                .AddEnvironment("staging").AddEnvironment("production").AddCustomers().AddPipeline<EmptyPipeline>()
                .AddPipelineTrigger<EmptyPipeline, int>(new EventTrigger<int> { Name = "tick", EventType = "tick", Input = _ => 1 }), worker: true);
            for (var i = 0; i < 5; i++)
                await host["staging"].Context.Events.AppendAsync("tick", "test");
            await host["staging"].Pipelines.StartAsync<EmptyPipeline, int>(round);
            if (stop)
                await host.Host.StopAsync();
            await host.DisposeAsync();
            host.Log.Complaints.Should().BeEmpty();
        }
    }

    [Fact]
    public async Task Host_DisposedSynchronously_ClosesItsStores()
    {
        var host = await TestHost.StartAsync(_directory.Path, configure: mlops => mlops.AddEnvironment("staging"), worker: true);
        var context = host["staging"].Context;

        host.Host.Dispose();

        host.Log.Complaints.Should().BeEmpty();
        await context.Invoking(c => c.Events.ReadAsync().AsTask()).Should().ThrowAsync<ObjectDisposedException>();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Step_ThatIsCutOffByTheHostsEnd_IsResumedNotFailed(bool stop)
    {
        var (entered, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        var host = await StartAsync(async (environment, stopping) =>
        {
            entered.SetResult();
            await go.Task;
            // The container is being disposed by now, unless the machine is very slow: then the run simply ends.
            while (true)
            {
                environment.Get<IModelRegistry>().Should().NotBeNull();
                await Task.Yield();
            }
        });
        var run = await host["staging"].Pipelines.StartAsync<Gated, int>(1);
        await entered.Task;
        if (stop)
            await host.Host.StopAsync();
        var disposing = host.DisposeAsync();
        go.SetResult();
        await disposing;
        host.Log.Complaints.Should().BeEmpty();

        await using var again = await StartAsync((_, _) => Task.CompletedTask);
        var resumed = await again["staging"].Pipelines.WaitAsync(run.Id);
        resumed.Status.Should().Be(PipelineStatus.Completed);
        resumed["wait"].Failures.Should().Be(0);

        Task<TestHost> StartAsync(Func<IMlOpsEnvironment, CancellationToken, Task> work) => TestHost.StartAsync(
            _directory.Path, configure: mlops => mlops.AddEnvironment("staging").AddPipeline(_ => new Gated(work)), worker: true);
    }

    private sealed class Gated(Func<IMlOpsEnvironment, CancellationToken, Task> work) : IPipeline<int>
    {
        public string Name => "gated";

        public void Define(PipelineBuilder<int> pipeline) => pipeline.Step("wait", async (context, input, stop) =>
        {
            await work(context.Environment, stop);
            return input;
        });
    }

    [Fact]
    public async Task Host_StartedAgainInTheSameDirectory_FindsWhatWasThere()
    {
        ModelVersionRef version;
        await using (var first = await TestHost.StartAsync(_directory.Path, configure: mlops => mlops.AddEnvironment("staging")))
        {
            version = await SyntheticModel.RegisterAsync(first["staging"]);
            await first["staging"].Deployer.DeployAsync(version, 1, "test");
        }

        await using var second = await TestHost.StartAsync(_directory.Path, configure: mlops => mlops.AddEnvironment("staging"));
        (await second["staging"].Models.GetAsync(version)).Metrics.Should().ContainKey("auc");
        var scores = new float[1];
        (await second["staging"].Endpoints["churn"].PredictAsync(new float[] { 2, -2 }, scores)).Version.Should().Be(version);
        scores[0].Should().BeGreaterThan(0.9f);
    }

    [Fact]
    public async Task TwoHosts_OnOneDirectoryAtOnce_ShareItsContent()
    {
        await using var first = await TestHost.StartAsync(_directory.Path, configure: mlops => mlops.AddEnvironment("staging").AddPipeline<EmptyPipeline>(), worker: true);
        await using var second = await TestHost.StartAsync(_directory.Path, configure: mlops => mlops.AddEnvironment("staging").AddPipeline<EmptyPipeline>(), worker: true);

        var versions = await Task.WhenAll(new[] { first, second, first, second }.Select((host, seed) => SyntheticModel.RegisterAsync(host["staging"], seed)));
        versions.Select(version => version.Version).Should().BeEquivalentTo([1, 2, 3, 4]);
        (await first["staging"].Models.ListAsync("churn")).Should().HaveCount(4);
        var runs = await Task.WhenAll(Enumerable.Range(0, 6).Select(i =>
            (i % 2 == 0 ? first : second)["staging"].Pipelines.RunAsync<EmptyPipeline, int>(i, new() { Key = $"run {i / 2}-{i % 2}" }).AsTask()));
        runs.Should().OnlyContain(run => run.Status == PipelineStatus.Completed);
        (await second["staging"].Pipelines.ListAsync()).Should().HaveCount(6);
        first.Log.Complaints.Concat(second.Log.Complaints).Should().BeEmpty();
    }

    [Theory]
    [InlineData("None", false)]
    [InlineData("Serving", false)]
    [InlineData("Worker", true)]
    [InlineData("Serving,Worker", true)]
    public async Task Roles_OfTheProcess_DecideWhetherTriggersFire(string roles, bool fires)
    {
        await using var host = await TestHost.StartAsync(_directory.Path, [("Roles", roles)], mlops => mlops.AddEnvironment("staging").AddPipeline<EmptyPipeline>()
            .AddPipelineTrigger<EmptyPipeline, int>(new EventTrigger<int> { Name = "tick", EventType = "tick", Input = _ => 1 }));
        var loops = host.Services.GetServices<IHostedService>().OfType<BackgroundService>().Select(service => service.ExecuteTask!).ToArray();
        await host["staging"].Context.Events.AppendAsync("tick", "test");

        if (fires)
        {
            PipelineRun? run;
            while ((run = (await host["staging"].Pipelines.ListAsync()).FirstOrDefault()) is null)
                await Task.Yield();
            (await host["staging"].Pipelines.WaitAsync(run.Id)).Status.Should().Be(PipelineStatus.Completed);
        }
        else
        {
            await Task.WhenAll(loops);
            (await host["staging"].Pipelines.ListAsync()).Should().BeEmpty();
            (await host["staging"].Pipelines.RunAsync<EmptyPipeline, int>(1)).Status.Should().Be(PipelineStatus.Completed, "clients work in every role");
        }
    }

    [Fact]
    public async Task Traffic_OfTheConfiguration_IsSetOnceAndWarmedUp()
    {
        await using (var host = TestHost.Build(_directory.Path, configure: mlops => mlops.AddEnvironment("staging")))
        {
            await SyntheticModel.RegisterAsync(host["staging"], 1);
            await SyntheticModel.RegisterAsync(host["staging"], 2);
        }

        (string, string)[] settings = [("Roles", "Serving"), ("Environments:staging:Traffic:churn:Weights:1", "0.9"), ("Environments:staging:Traffic:churn:Weights:2", "0.1")];
        for (var start = 0; start < 2; start++)
        {
            await using var host = await TestHost.StartAsync(_directory.Path, settings);
            await Task.WhenAll(host.Services.GetServices<IHostedService>().OfType<BackgroundService>().Select(service => service.ExecuteTask!));
            var endpoint = (await host["staging"].Endpoints.ListAsync()).Should().ContainSingle().Which;
            endpoint.Policy!.Shares.Should().Equal(
                new TrafficShare(new ModelVersionRef("churn", 1), 0.9, TrafficPolicy.Stable), new TrafficShare(new ModelVersionRef("churn", 2), 0.1, TrafficPolicy.CanaryVariant));
            (endpoint.Revision, endpoint.LastError).Should().Be((1L, null), "the service has loaded it");
            (await host["staging"].Endpoints["churn"].GetHistoryAsync()).Should().ContainSingle().Which.Reason.Should().Be("configuration");
            host.Log.Complaints.Should().BeEmpty();
        }
    }
}
