using System.Text;
using Microsoft.Extensions.DependencyInjection;
using MlOps.Registry;

namespace MlOps.Serving.Tests;

/// <summary>A serving environment with scripted models and one endpoint.</summary>
internal sealed class PolicyFixture : IAsyncDisposable
{
    public const string Model = "score";

    private PolicyFixture(ServingFixture serving, ScriptedModels models) => (Serving, Models) = (serving, models);

    public ServingFixture Serving { get; }

    public ScriptedModels Models { get; }

    public FakeClock Clock => Serving.Environment.Clock;

    public IEndpoint Endpoint => Serving.Endpoints[Model];

    public static PolicyFixture Open(Func<EndpointPolicies, EndpointPolicies>? policies = null, Action<IServiceCollection, string>? more = null, BatchingOptions? batching = null)
    {
        ServingFixture? serving = null;
        var models = new ScriptedModels(() => serving!.Environment.Context.Artifacts);
        serving = new ServingFixture((services, name) =>
        {
            services.AddKeyedSingleton<IModelRuntimeProvider>(name, models);
            services.PostConfigure<ServingOptions>(name, options =>
            {
                options.Batching = batching ?? options.Batching;
                options.Policies = policies?.Invoke(options.Policies) ?? options.Policies;
            });
            more?.Invoke(services, name);
        });
        return new PolicyFixture(serving, models);
    }

    public static PolicyFixture Resilient(ResilienceOptions resilience, BatchingOptions? batching = null, Action<IServiceCollection, string>? more = null) => Open(
        policies =>
        {
            policies.ResilienceByEndpoint[Model] = resilience;
            return policies;
        },
        more,
        batching);

    public Task<ModelVersionRef> RegisterAsync(float scale, string model = Model, params string[] features) => Serving.RegisterAsync(
        Encoding.UTF8.GetBytes(scale.ToString(System.Globalization.CultureInfo.InvariantCulture)), features.Length == 0 ? ["a", "b"] : features, model, mediaType: ScriptedModels.MediaType);

    public async Task<(PredictionResult Result, float Score)> AskAsync(float value = 1, string? key = null, CancellationToken cancellationToken = default)
    {
        var scores = new float[1];
        var result = await Endpoint.TryPredictAsync(new[] { value, 0 }, scores, new PredictionContext { Key = key }, cancellationToken);
        return (result, scores[0]);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var script in Models.Scripts.Values)
            script.Gate.Set();
        await Serving.DisposeAsync();
    }
}
