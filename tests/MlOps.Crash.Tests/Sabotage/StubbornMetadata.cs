namespace MlOps.Crash.Tests;

/// <summary>Every third write fails at one of its statements and is run again without undoing what it had done.</summary>
internal sealed class StubbornMetadata(IMetadataStore inner) : HookedMetadata(inner)
{
    private int _writes;

    public override ValueTask<T> WriteAsync<T>(Func<IMetadataSession, CancellationToken, ValueTask<T>> write, CancellationToken cancellationToken = default)
    {
        var number = Interlocked.Increment(ref _writes);
        if (number % 3 != 0)
            return Inner.WriteAsync(write, cancellationToken);
        return Inner.WriteAsync(
            async (session, ct) =>
            {
                var left = 3 + (number % 7);
                try
                {
                    return await write(new HookedSession(session, _ => --left > 0 ? true : throw new StorageException("The disk hiccuped.")), ct);
                }
                catch (StorageException)
                {
                    return await write(session, ct);
                }
            },
            cancellationToken);
    }
}
