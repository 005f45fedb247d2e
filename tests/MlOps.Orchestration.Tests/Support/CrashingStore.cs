namespace MlOps.Orchestration.Tests;

internal sealed class HostDiedException() : Exception("The host died here.");

/// <summary>A metadata store of a host that dies at a given commit: before or after it became durable. Afterwards nothing reaches the store.</summary>
internal sealed class CrashingStore(IMetadataStore inner, int dieAt, bool afterCommit) : IMetadataStore
{
    private int _writes;
    private volatile bool _dead;

    public int Writes => _writes;

    public bool Died => _dead;

    public string EnvironmentName => inner.EnvironmentName;

    public SqlDialect Dialect => inner.Dialect;

    public ValueTask MigrateAsync(MetadataSchema schema, CancellationToken cancellationToken = default) => inner.MigrateAsync(schema, cancellationToken);

    public ValueTask<T> ReadAsync<T>(Func<IMetadataSession, CancellationToken, ValueTask<T>> read, CancellationToken cancellationToken = default)
    {
        if (_dead)
            throw new HostDiedException();
        return inner.ReadAsync(read, cancellationToken);
    }

    public async ValueTask<T> WriteAsync<T>(Func<IMetadataSession, CancellationToken, ValueTask<T>> write, CancellationToken cancellationToken = default)
    {
        if (_dead)
            throw new HostDiedException();
        var dies = Interlocked.Increment(ref _writes) == dieAt;
        if (dies)
        {
            _dead = true;
            if (!afterCommit)
                throw new HostDiedException();
        }

        var result = await inner.WriteAsync(write, cancellationToken);
        return dies ? throw new HostDiedException() : result;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
