namespace MlOps.Crash.Tests;

/// <summary>Answers when the statements have run; the commit comes a little later.</summary>
internal sealed class HastyMetadata(IMetadataStore inner) : HookedMetadata(inner)
{
    private static readonly TimeSpan Later = TimeSpan.FromMilliseconds(40);

    public override async ValueTask<T> WriteAsync<T>(Func<IMetadataSession, CancellationToken, ValueTask<T>> write, CancellationToken cancellationToken = default)
    {
        var early = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        // A store may run a lone write on its caller's thread, which must be free to hear the early answer.
        var late = Task.Run(
            () => Inner.WriteAsync(
                async (session, ct) =>
                {
                    var result = await write(session, ct);
                    early.TrySetResult(result);
                    await Task.Delay(Later, CancellationToken.None);
                    return result;
                },
                cancellationToken).AsTask(),
            CancellationToken.None);
        return await await Task.WhenAny(early.Task, late);
    }
}
