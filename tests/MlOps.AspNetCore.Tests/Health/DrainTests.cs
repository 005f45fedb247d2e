using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using MlOps.Serving;
using MlOps.Serving.Tests;

namespace MlOps.AspNetCore.Tests.Health;

public sealed class DrainTests
{
    private const string FakeRow = """{"inputs":[{"name":"input","shape":[1,3],"datatype":"FP32","data":[1,2,3]}]}""";

    [Fact]
    public async Task Ready_EndpointNotLoadedYet_IsUnavailableUntilItIsWarm()
    {
        var fixture = new HttpFixture([], null, more: builder => builder.Services.Configure<MlOpsOptions>(options => options.Roles = MlOpsRoles.None));
        try
        {
            await fixture.InitializeAsync();
            (await fixture.Client.GetAsync("/v2/health/ready")).StatusCode.Should().Be(HttpStatusCode.OK, "nothing has traffic");
            await fixture.ServeAsync("fake", OnnxModels.Scale(1, 3));
            await using var second = new SecondHost(fixture);
            var unavailable = await second.ReadinessAsync();
            unavailable.Should().Contain("fake");
            await second.WarmUpAsync("fake");
            (await second.ReadinessAsync()).Should().BeEmpty();
        }
        finally
        {
            await fixture.DisposeAsync();
        }
    }

    [Fact]
    public async Task Stop_WhileARequestRuns_SaysNotReadyAndFinishesIt()
    {
        var fixture = new HttpFixture([], null);
        try
        {
            await fixture.InitializeAsync();
            await fixture.ServeAsync("fake", OnnxModels.Scale(1, 3));
            (await fixture.InferAsync("fake", FakeRow)).StatusCode.Should().Be(HttpStatusCode.OK);
            (await fixture.Client.GetAsync("/healthz")).StatusCode.Should().Be(HttpStatusCode.OK);
            fixture.Fake.Hold();
            var running = fixture.InferAsync("fake", FakeRow);
            await fixture.Fake.EnteredAsync();

            // What the host does first when it stops.
            var lifetime = fixture.App.Services.GetRequiredService<IHostApplicationLifetime>();
            var draining = fixture.App.Services.GetRequiredService<Draining>();
            draining.Begin();
            (await fixture.Client.GetAsync("/v2/health/ready")).StatusCode.Should().Be(HttpStatusCode.ServiceUnavailable);
            (await fixture.Client.GetAsync("/v2/health/live")).StatusCode.Should().Be(HttpStatusCode.OK);
            (await fixture.Client.GetAsync("/healthz")).StatusCode.Should().Be(HttpStatusCode.ServiceUnavailable);
            var stopping = fixture.App.StopAsync();
            lifetime.ApplicationStopping.IsCancellationRequested.Should().BeTrue();
            stopping.IsCompleted.Should().BeFalse("a request is running");
            fixture.Fake.Release();
            using var answer = await running;
            answer.StatusCode.Should().Be(HttpStatusCode.OK);
            (await answer.Content.ReadAsStringAsync()).Should().Contain("\"data\":[6]");
            await stopping;
        }
        finally
        {
            await fixture.DisposeAsync();
        }
    }

    [Fact]
    public async Task Infer_QueueFullOrTimeOver_IsRefusedAndTheOthersAreAnswered()
    {
        var fixture = new HttpFixture([], null, more: builder => builder.Services.PostConfigure<ServingOptions>(
            "production", options => options.Batching = options.Batching with { QueueLimit = 2, Parallelism = 1, ParallelRows = 1_000_000 }));
        try
        {
            await fixture.InitializeAsync();
            await fixture.ServeAsync("fake", OnnxModels.Scale(1, 3));
            (await fixture.InferAsync("fake", FakeRow)).StatusCode.Should().Be(HttpStatusCode.OK);
            fixture.Fake.Hold();
            var running = fixture.InferAsync("fake", FakeRow);
            await fixture.Fake.EnteredAsync();
            // Two of five wait for the one that runs; three are refused at once.
            var asked = Enumerable.Range(0, 5).Select(_ => fixture.InferAsync("fake", FakeRow)).ToList();
            for (var refused = 0; refused < 3; refused++)
            {
                var first = await Task.WhenAny(asked).WaitAsync(TimeSpan.FromSeconds(30));
                asked.Remove(first);
                using var response = await first;
                response.StatusCode.Should().Be(HttpStatusCode.TooManyRequests);
                response.Headers.RetryAfter!.Delta.Should().BeGreaterThan(TimeSpan.Zero);
            }

            using var over = await fixture.InferAsync("fake", FakeRow, more: request => request.Headers.Add("X-Request-Timeout", "0"));
            over.StatusCode.Should().Be(HttpStatusCode.GatewayTimeout);
            fixture.Fake.Release();
            (await running).StatusCode.Should().Be(HttpStatusCode.OK);
            foreach (var waiting in asked)
                (await waiting).StatusCode.Should().Be(HttpStatusCode.OK);
        }
        finally
        {
            await fixture.DisposeAsync();
        }
    }

    /// <summary>Another process over the same stores, which has loaded nothing.</summary>
    private sealed class SecondHost : IAsyncDisposable
    {
        private readonly ServiceProvider _services;
        private readonly ServedEnvironment _environment;
        private readonly Readiness _readiness;

        public SecondHost(HttpFixture first)
        {
            var services = new ServiceCollection();
            var context = first.App.Services.GetRequiredKeyedService<EnvironmentContext>("production");
            services.AddKeyedSingleton("production", (_, _) => context);
            services.AddKeyedSingleton("production", first.Environments["production"].Get<MlOps.Registry.IModelRegistry>());
            services.AddKeyedSingleton<IModelRuntimeProvider>("production", first.Fake);
            services.AddMlOpsServing("production");
            _services = services.BuildServiceProvider();
            _environment = new ServedEnvironment(new Handle(_services, context));
            _readiness = new Readiness(_environment, new Draining(first.App.Services.GetRequiredService<IHostApplicationLifetime>()));
        }

        public async Task<IReadOnlyList<string>> ReadinessAsync()
        {
            // Looked at anew after 100 milliseconds.
            var began = Environment.TickCount64;
            while (Environment.TickCount64 - began <= 110)
                await Task.Yield();
            return (await _readiness.NotWarmAsync(default))!;
        }

        public async Task WarmUpAsync(string endpoint) => await _environment.Endpoints[endpoint].WarmUpAsync();

        public ValueTask DisposeAsync() => _services.DisposeAsync();

        private sealed class Handle(IServiceProvider services, EnvironmentContext context) : IMlOpsEnvironment
        {
            public string Name => "production";

            public EnvironmentKind Kind => EnvironmentKind.Production;

            public EnvironmentContext Context => context;

            public TService Get<TService>()
                where TService : notnull => services.GetRequiredKeyedService<TService>("production");
        }
    }
}
