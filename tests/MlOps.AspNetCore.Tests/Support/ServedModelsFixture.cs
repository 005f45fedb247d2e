using MlOps.Serving;
using MlOps.Serving.Tests;

namespace MlOps.AspNetCore.Tests;

/// <summary>A host that serves models of every kind, shared by the tests of a class.</summary>
public sealed class ServedModelsFixture : IAsyncLifetime
{
    public HttpFixture Http { get; } = new(
        [], options => (options.MaximumBodyBytes, options.MaximumElements) = (1 << 20, 100_000));

    public async Task InitializeAsync()
    {
        await Http.InitializeAsync();
        await Http.ServeAsync("scale", OnnxModels.Scale(3, 2));
        await Http.ServeAsync("scale", OnnxModels.Scale(10, 2), serve: false);
        await Http.ServeAsync("scale", OnnxModels.Scale(5, 2), "staging");
        await Http.ServeAsync("pair", TestModels.Pair());
        await Http.ServeAsync("fake", OnnxModels.Scale(1, 3));
        var stable = await Http.ServeAsync("split", OnnxModels.Scale(1, 2));
        var canary = await Http.ServeAsync("split", OnnxModels.Scale(2, 2), serve: false);
        await Http.Environments["production"].Get<IEndpoints>()["split"].SetTrafficAsync(TrafficPolicy.Canary(stable, canary, 0.5), "test");
        foreach (var type in Enum.GetValues<TensorType>().Where(type => type != TensorType.BFloat16))
            await Http.ServeAsync($"identity-{type}", TestModels.Identity(type));
    }

    public Task DisposeAsync() => Http.DisposeAsync();
}
