using MlOps.Testing;

namespace MlOps.Crash.Tests;

/// <summary>Makes the moments before and after a commit crash points of the file layer's double, and lets nothing pass once it has crashed.</summary>
internal sealed class SteppedMetadata(IMetadataStore inner, FaultyFileSystem files) : HookedMetadata(inner)
{
    public override ValueTask<T> ReadAsync<T>(Func<IMetadataSession, CancellationToken, ValueTask<T>> read, CancellationToken cancellationToken = default) =>
        files.Crashed ? throw new SimulatedCrashException() : base.ReadAsync(read, cancellationToken);

    public override async ValueTask<T> WriteAsync<T>(Func<IMetadataSession, CancellationToken, ValueTask<T>> write, CancellationToken cancellationToken = default)
    {
        files.Step("begin a transaction");
        var result = await Inner.WriteAsync(write, cancellationToken);
        files.Step("answer after a commit");
        return result;
    }
}
