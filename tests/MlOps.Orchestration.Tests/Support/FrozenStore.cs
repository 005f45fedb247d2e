using Microsoft.Extensions.DependencyInjection;

namespace MlOps.Orchestration.Tests;

/// <summary>A store of a host that is stopped (SIGSTOP): its writes wait until it goes on.</summary>
internal sealed class FrozenStore
{
    private volatile TaskCompletionSource? _frozen;

    public void Freeze() => _frozen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Thaw()
    {
        var frozen = _frozen;
        _frozen = null;
        frozen?.SetResult();
    }

    public IMetadataStore Around(IMetadataStore inner) => new Store(this, inner);

    private sealed class Store(FrozenStore owner, IMetadataStore inner) : IMetadataStore
    {
        public string EnvironmentName => inner.EnvironmentName;

        public SqlDialect Dialect => inner.Dialect;

        public ValueTask MigrateAsync(MetadataSchema schema, CancellationToken cancellationToken = default) => inner.MigrateAsync(schema, cancellationToken);

        public ValueTask<T> ReadAsync<T>(Func<IMetadataSession, CancellationToken, ValueTask<T>> read, CancellationToken cancellationToken = default) =>
            inner.ReadAsync(read, cancellationToken);

        public async ValueTask<T> WriteAsync<T>(Func<IMetadataSession, CancellationToken, ValueTask<T>> write, CancellationToken cancellationToken = default)
        {
            if (owner._frozen is { } frozen)
                await frozen.Task;
            return await inner.WriteAsync(write, cancellationToken);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

internal static class Workers
{
    public static IPipelineWorker WorkerOf(this IServiceProvider services, string environment) => services.GetRequiredKeyedService<IPipelineWorker>(environment);
}
