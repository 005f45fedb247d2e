namespace MlOps.Crash.Tests;

/// <summary>A metadata store whose writes are done by somebody else's idea of a write.</summary>
internal abstract class HookedMetadata(IMetadataStore inner) : IMetadataStore
{
    public string EnvironmentName => inner.EnvironmentName;

    public SqlDialect Dialect => inner.Dialect;

    protected IMetadataStore Inner => inner;

    public ValueTask MigrateAsync(MetadataSchema schema, CancellationToken cancellationToken = default) => inner.MigrateAsync(schema, cancellationToken);

    public virtual ValueTask<T> ReadAsync<T>(Func<IMetadataSession, CancellationToken, ValueTask<T>> read, CancellationToken cancellationToken = default) =>
        inner.ReadAsync(read, cancellationToken);

    public abstract ValueTask<T> WriteAsync<T>(Func<IMetadataSession, CancellationToken, ValueTask<T>> write, CancellationToken cancellationToken = default);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
