namespace MlOps.Registry.Tests;

/// <summary>A metadata store whose writes fail while it is told so: before they begin, or after they were committed but before that was said.</summary>
internal sealed class FailingMetadata(IMetadataStore inner) : IMetadataStore
{
    private int _failures;

    public bool Full { get; set; }

    public bool Afterwards { get; set; }

    public int Failures => _failures;

    public string EnvironmentName => inner.EnvironmentName;

    public SqlDialect Dialect => inner.Dialect;

    public ValueTask MigrateAsync(MetadataSchema schema, CancellationToken cancellationToken = default) => inner.MigrateAsync(schema, cancellationToken);

    public ValueTask<T> ReadAsync<T>(Func<IMetadataSession, CancellationToken, ValueTask<T>> read, CancellationToken cancellationToken = default) =>
        inner.ReadAsync(read, cancellationToken);

    public async ValueTask<T> WriteAsync<T>(Func<IMetadataSession, CancellationToken, ValueTask<T>> write, CancellationToken cancellationToken = default)
    {
        if (Full && !Afterwards)
            throw Failure();
        var result = await inner.WriteAsync(write, cancellationToken);
        return Full ? throw Failure() : result;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private StorageException Failure()
    {
        Interlocked.Increment(ref _failures);
        return new StorageException("Could not write the metadata store: No space left on device (error 28).");
    }
}
