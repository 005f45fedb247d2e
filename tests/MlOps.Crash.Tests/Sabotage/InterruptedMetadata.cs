namespace MlOps.Crash.Tests;

/// <summary>Does something right before the first write that begins while it is armed.</summary>
internal sealed class InterruptedMetadata(IMetadataStore inner, Func<Task> interruption) : HookedMetadata(inner)
{
    public bool Armed { get; set; }

    public override async ValueTask<T> WriteAsync<T>(Func<IMetadataSession, CancellationToken, ValueTask<T>> write, CancellationToken cancellationToken = default)
    {
        if (Armed)
        {
            Armed = false;
            await interruption();
        }

        return await Inner.WriteAsync(write, cancellationToken);
    }
}
