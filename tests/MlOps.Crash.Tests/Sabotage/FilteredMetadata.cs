namespace MlOps.Crash.Tests;

/// <summary>Leaves out the statements of writes that begin with a text.</summary>
internal sealed class FilteredMetadata(IMetadataStore inner, string leftOut) : HookedMetadata(inner)
{
    public override ValueTask<T> WriteAsync<T>(Func<IMetadataSession, CancellationToken, ValueTask<T>> write, CancellationToken cancellationToken = default) =>
        Inner.WriteAsync((session, ct) => write(new HookedSession(session, sql => !sql.StartsWith(leftOut, StringComparison.Ordinal)), ct), cancellationToken);
}
