using System.Collections.Concurrent;
using MlOps.Testing;

namespace MlOps.Orchestration.Tests;

/// <summary>One sandbox, any number of hosts on it, and a count of what ran.</summary>
public abstract class PipelineTest : IAsyncLifetime
{
    private readonly List<TestHost> _hosts = [];

    internal TestEnvironment Sandbox { get; } = new();

    protected ConcurrentDictionary<string, int> Ran { get; } = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var host in _hosts)
            await host.DisposeAsync();
        await Sandbox.DisposeAsync();
    }

    internal TestHost Host(Action<PipelineBuilder<int>> define, string name = "test", string? code = "1", Action<OrchestrationOptions>? options = null,
        Func<IMetadataStore, IMetadataStore>? wrap = null, Action<IMlOpsBuilder>? configure = null)
    {
        var host = new TestHost([Sandbox], builder =>
        {
            builder.AddPipeline(_ => new DelegatePipeline(define, name, code));
            configure?.Invoke(builder);
        }, wrap, options);
        _hosts.Add(host);
        return host;
    }

    internal static ValueTask<PipelineRun> RunAsync(TestHost host, int input = 1, RunPipelineOptions? options = null) =>
        host.Pipelines.RunAsync<DelegatePipeline, int>(input, options).AsTask().WaitAsync(TimeSpan.FromSeconds(30)).AsValue();

    protected Task<int> Count(string step, int value)
    {
        Ran.AddOrUpdate(step, 1, (_, count) => count + 1);
        return Task.FromResult(value);
    }
}

internal static class Tasks
{
    public static ValueTask<T> AsValue<T>(this Task<T> task) => new(task);
}
