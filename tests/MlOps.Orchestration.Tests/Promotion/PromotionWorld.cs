using System.Text;
using Microsoft.Extensions.DependencyInjection;
using MlOps.Registry;
using MlOps.Testing;

namespace MlOps.Orchestration.Tests;

/// <summary>Staging and production with a recording deployer that outlives the hosts.</summary>
internal sealed class PromotionWorld : IAsyncDisposable
{
    private readonly List<TestHost> _hosts = [];

    public PromotionWorld(EnvironmentPolicy? policy = null)
    {
        var clock = new FakeClock();
        Staging = new TestEnvironment("staging", EnvironmentKind.Staging, clock);
        Production = new TestEnvironment("production", EnvironmentKind.Production, clock);
        Clock = clock;
        Policy = policy ?? new EnvironmentPolicy { PromotesFrom = "staging" };
    }

    public FakeClock Clock { get; }

    public TestEnvironment Staging { get; }

    public TestEnvironment Production { get; }

    public EnvironmentPolicy Policy { get; set; }

    public FakeDeployer Deployer { get; } = new();

    public int Trained { get; set; }

    public Func<IMlOpsEnvironment, double> Auc { get; set; } = _ => 0.85;

    public TestHost Host(Func<IMetadataStore, IMetadataStore>? wrap = null, Action<IMlOpsBuilder>? configure = null, bool deployer = true)
    {
        var host = new TestHost([Staging, Production], builder =>
        {
            builder.Services.AddKeyedSingleton("production", Policy);
            if (deployer)
                builder.Services.AddKeyedSingleton<IModelDeployer>("production", Deployer);
            builder.AddPipeline(environment => new Training(this, environment));
            configure?.Invoke(builder);
        }, wrap, options => options.TrackRuns = true);
        _hosts.Add(host);
        return host;
    }

    public async Task<ModelVersionRef> StageAsync(double auc = 0.9, string key = "v1", string[]? features = null, ModelArtifactKind[]? kinds = null, string environment = "staging")
    {
        var host = Host();
        var artifacts = new List<ModelArtifact>();
        foreach (var kind in kinds ?? Enum.GetValues<ModelArtifactKind>())
            artifacts.Add(new ModelArtifact(kind, "part", await host[environment].Context.Artifacts.PutBytesAsync(Encoding.UTF8.GetBytes($"{key} {kind}"), "text/plain")));
        return (await host[environment].Models.RegisterAsync(Draft(artifacts, auc, features) with { Key = key })).Ref;
    }

    public static ModelVersionDraft Draft(IReadOnlyList<ModelArtifact> artifacts, double auc, string[]? features = null) => new()
    {
        Model = "churn",
        Artifacts = artifacts,
        Signature = new ModelSignature([new TensorSpec("input", "float", ["N", "2"])], [new TensorSpec("score", "float", ["N"])], features ?? ["age", "spend"]),
        Metrics = new Dictionary<string, double> { ["auc"] = auc },
    };

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
            await host.DisposeAsync();
        await Staging.DisposeAsync();
        await Production.DisposeAsync();
    }

    public sealed class Training(PromotionWorld world, IMlOpsEnvironment environment) : IPipeline<int>
    {
        public string Name => "training";

        public string? CodeVersion => "1";

        public void Define(PipelineBuilder<int> pipeline) => pipeline
            .Then("train", (context, days, _) =>
            {
                world.Trained++;
                context.Run.LogMetric("auc", world.Auc(environment));
                return Task.FromResult($"{environment.Name} {days}");
            })
            .Then("store", (context, text, token) => context.Artifacts.PutBytesAsync(Encoding.UTF8.GetBytes(text), "text/plain", token).AsTask())
            .Register(blob => Draft([new ModelArtifact(ModelArtifactKind.Parameters, "weights", blob)], world.Auc(environment)));
    }
}

/// <summary>Behaves as serving does: durable, idempotent, and telling the traffic before.</summary>
internal sealed class FakeDeployer : IModelDeployer
{
    public string? Traffic { get; set; }

    public List<string> Calls { get; } = [];

    public DeploymentCheck Check { get; set; } = new(true, "fine", TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(5), 1000);

    public Exception? DeployFails { get; set; }

    public Func<Task>? BeforeDeploy { get; set; }

    private readonly Dictionary<string, string?> _before = [];

    public ValueTask<DeploymentCheck> VerifyAsync(ModelVersionRef version, CancellationToken cancellationToken = default) => new(Check);

    public async ValueTask<string?> DeployAsync(ModelVersionRef version, double share, string reason, CancellationToken cancellationToken = default)
    {
        if (BeforeDeploy is not null)
            await BeforeDeploy();
        if (DeployFails is not null)
            throw DeployFails;
        var wanted = FormattableString.Invariant($"{version}@{share}");
        if (Traffic != wanted)
            _before[wanted] = Traffic;
        Traffic = wanted;
        Calls.Add(wanted);
        return _before.GetValueOrDefault(wanted);
    }

    public ValueTask RestoreAsync(string model, string? traffic, string reason, CancellationToken cancellationToken = default)
    {
        Traffic = traffic;
        Calls.Add("restore " + traffic);
        return default;
    }
}
