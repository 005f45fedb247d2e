namespace MlOps.Access;

/// <summary>The metadata store as users of an environment see it: rows know no permissions, so that only administrators reach them.</summary>
internal sealed class GuardedMetadataStore(IMetadataStore inner, IAccessControl access) : IMetadataStore
{
    public string EnvironmentName => inner.EnvironmentName;

    public SqlDialect Dialect => inner.Dialect;

    public ValueTask MigrateAsync(MetadataSchema schema, CancellationToken cancellationToken = default)
    {
        Require();
        return inner.MigrateAsync(schema, cancellationToken);
    }

    public ValueTask<T> ReadAsync<T>(Func<IMetadataSession, CancellationToken, ValueTask<T>> read, CancellationToken cancellationToken = default)
    {
        Require();
        return inner.ReadAsync(read, cancellationToken);
    }

    public ValueTask<T> WriteAsync<T>(Func<IMetadataSession, CancellationToken, ValueTask<T>> write, CancellationToken cancellationToken = default)
    {
        Require();
        return inner.WriteAsync(write, cancellationToken);
    }

    public ValueTask ScrubAsync(CancellationToken cancellationToken = default)
    {
        Require();
        return inner.ScrubAsync(cancellationToken);
    }

    /// <summary>Whoever owns the store closes it.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Require() => access.Require(EnvironmentPermission.Administer, "the metadata store");
}
