using MlOps.Testing;

namespace MlOps.Features.Tests;

/// <summary>A metadata store whose process may die just before or just after any commit; the file system counts the moments.</summary>
internal sealed class CrashingMetadata(IMetadataStore inner, FaultyFileSystem files) : IMetadataStore
{
    public string EnvironmentName => inner.EnvironmentName;

    public SqlDialect Dialect => inner.Dialect;

    public ValueTask MigrateAsync(MetadataSchema schema, CancellationToken cancellationToken = default) => inner.MigrateAsync(schema, cancellationToken);

    public ValueTask<T> ReadAsync<T>(Func<IMetadataSession, CancellationToken, ValueTask<T>> read, CancellationToken cancellationToken = default) =>
        files.Crashed ? throw new SimulatedCrashException() : inner.ReadAsync(read, cancellationToken);

    public async ValueTask<T> WriteAsync<T>(Func<IMetadataSession, CancellationToken, ValueTask<T>> write, CancellationToken cancellationToken = default)
    {
        files.Step("begin a transaction");
        var result = await inner.WriteAsync(write, cancellationToken);
        files.Step("go on after a commit");
        return result;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
