namespace MlOps.Registry.Tests;

/// <summary>A metadata store whose reads and transactions are seams.</summary>
internal sealed class SteppedMetadata(IMetadataStore inner, Func<Interleaver> interleaver) : IMetadataStore
{
    public string EnvironmentName => inner.EnvironmentName;

    public SqlDialect Dialect => inner.Dialect;

    public ValueTask MigrateAsync(MetadataSchema schema, CancellationToken cancellationToken = default) => inner.MigrateAsync(schema, cancellationToken);

    public async ValueTask<T> ReadAsync<T>(Func<IMetadataSession, CancellationToken, ValueTask<T>> read, CancellationToken cancellationToken = default)
    {
        interleaver().Yield();
        return await inner.ReadAsync(read, cancellationToken);
    }

    public async ValueTask<T> WriteAsync<T>(Func<IMetadataSession, CancellationToken, ValueTask<T>> write, CancellationToken cancellationToken = default)
    {
        var steps = interleaver();
        steps.Yield();
        steps.EnterWrite();
        try
        {
            return await inner.WriteAsync(write, cancellationToken);
        }
        finally
        {
            steps.ExitWrite();
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
