namespace MlOps.Crash.Tests;

/// <summary>Answers when the statements have run; the commit comes a little later.</summary>
internal sealed class HastyMetadata(IMetadataStore inner) : HookedMetadata(inner)
{
    private static readonly TimeSpan Later = TimeSpan.FromMilliseconds(40);

    public override async ValueTask<T> WriteAsync<T>(Func<IMetadataSession, CancellationToken, ValueTask<T>> write, CancellationToken cancellationToken = default)
    {
        var early = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var late = Inner.WriteAsync(
            async (session, ct) =>
            {
                var result = await write(session, ct);
                early.TrySetResult(result);
                await Task.Delay(Later, CancellationToken.None);
                return result;
            },
            cancellationToken).AsTask();
        return await await Task.WhenAny(early.Task, late);
    }
}
