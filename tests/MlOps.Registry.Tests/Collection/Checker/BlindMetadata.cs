using System.Data.Common;

namespace MlOps.Registry.Tests;

/// <summary>A planted bug: a metadata store in which nobody finds the artifacts of runs.</summary>
internal sealed class BlindMetadata(IMetadataStore inner) : IMetadataStore
{
    public string EnvironmentName => inner.EnvironmentName;

    public SqlDialect Dialect => inner.Dialect;

    public ValueTask MigrateAsync(MetadataSchema schema, CancellationToken cancellationToken = default) => inner.MigrateAsync(schema, cancellationToken);

    public ValueTask<T> ReadAsync<T>(Func<IMetadataSession, CancellationToken, ValueTask<T>> read, CancellationToken cancellationToken = default) =>
        inner.ReadAsync((session, ct) => read(new Session(session), ct), cancellationToken);

    public ValueTask<T> WriteAsync<T>(Func<IMetadataSession, CancellationToken, ValueTask<T>> write, CancellationToken cancellationToken = default) =>
        inner.WriteAsync((session, ct) => write(new Session(session), ct), cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class Session(IMetadataSession inner) : IMetadataSession
    {
        public ValueTask<int> ExecuteAsync(string sql, params (string Name, object? Value)[] parameters) => inner.ExecuteAsync(sql, parameters);

        public ValueTask<List<T>> QueryAsync<T>(string sql, Func<DbDataReader, T> map, params (string Name, object? Value)[] parameters) => inner.QueryAsync(sql, map, parameters);

        public ValueTask<long?> ScalarAsync(string sql, params (string Name, object? Value)[] parameters) =>
            inner.ScalarAsync(sql.Replace("FROM experiments_artifacts WHERE", "FROM experiments_artifacts WHERE 1 = 0 AND", StringComparison.Ordinal), parameters);
    }
}
