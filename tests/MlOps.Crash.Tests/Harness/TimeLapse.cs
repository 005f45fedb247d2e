namespace MlOps.Crash.Tests;

/// <summary>
/// Files that age 450 times as fast, so that the hour which protects young blobs and temporary files passes in eight seconds.
/// Only ages are changed; the stores use them as they are.
/// </summary>
internal static class TimeLapse
{
    private const int Factor = 450;

    public static IFileSystem Over(IFileSystem files) => Interceptor<IFileSystem>.Around(files, (method, _, call) =>
    {
        var result = call();
        if (method != nameof(IFileSystem.LastWriteTime) || result is not DateTimeOffset written)
            return result;
        var now = TimeProvider.System.GetUtcNow();
        return now - ((now - written) * Factor);
    });
}
