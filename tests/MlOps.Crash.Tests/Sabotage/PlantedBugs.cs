using System.Reflection;

namespace MlOps.Crash.Tests;

/// <summary>Plants bugs by decorators. The stores know nothing of them.</summary>
internal static class PlantedBugs
{
    public static IFileSystem In(IFileSystem files, PlantedBug bug) => bug switch
    {
        PlantedBug.NoFileFlush => Interceptor<IFileSystem>.Around(files, (_, _, call) =>
        {
            var result = call();
            // Only blobs: a damaged stamp would keep the store from opening and hide what else is wrong.
            return result is IDurableFile file && file.Path.Contains("artifacts", StringComparison.Ordinal) ? new Unflushed(file) : result;
        }),
        PlantedBug.NoDirectoryFlush => Interceptor<IFileSystem>.Around(files, (method, _, call) => method == nameof(IFileSystem.FlushDirectory) ? null : call()),
        _ => files,
    };

    public static EnvironmentContext In(EnvironmentContext context, PlantedBug bug)
    {
        switch (bug)
        {
            case PlantedBug.MetadataFirst:
                return RegistryHost.With(context, LateArtifacts.Over(context.Artifacts));
            case PlantedBug.SynchronousNormal:
                Relax(context.Metadata);
                return context;
            case PlantedBug.RetryWithoutRollback:
                return RegistryHost.With(context, metadata: new StubbornMetadata(context.Metadata));
            case PlantedBug.AcknowledgedEarly:
                return RegistryHost.With(context, metadata: new HastyMetadata(context.Metadata));
            case PlantedBug.AliasWithoutHistory:
                return RegistryHost.With(context, metadata: new FilteredMetadata(context.Metadata, "INSERT INTO registry_alias_moves"));
            case PlantedBug.NoCondemnCheck:
                return RegistryHost.With(
                    context,
                    Interceptor<IArtifactStore>.Around(context.Artifacts, (method, _, call) =>
                        method == nameof(IArtifactStore.ExistsAsync) ? ValueTask.FromResult(true) : call()),
                    new FilteredMetadata(context.Metadata, "SELECT 1 FROM registry_condemned"));
            case PlantedBug.NoDigestCheck:
                return RegistryHost.With(context, Interceptor<IArtifactStore>.Around(context.Artifacts, (method, arguments, call) => method switch
                {
                    nameof(IArtifactStore.OpenReadAsync) => Trust((ValueTask<Stream>)call()!),
                    nameof(IArtifactStore.VerifyAsync) => LengthAsync(context.Artifacts, (ArtifactDigest)arguments[0]!),
                    _ => call(),
                }));
            case PlantedBug.OffsetBeforeState:
                return RegistryHost.With(context, metadata: new OffsetFirstMetadata(context.Metadata));
            default:
                return context;
        }
    }

    /// <summary>The writer's connection is private, and rightly so; only this bug needs it.</summary>
    private static void Relax(IMetadataStore store)
    {
        var link = store.GetType().GetField("_writer", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(store)!;
        link.GetType().GetMethod("Require")!.Invoke(link, ["PRAGMA synchronous=NORMAL"]);
    }

    private static async ValueTask<long> LengthAsync(IArtifactStore store, ArtifactDigest digest)
    {
        await using var stream = await store.OpenReadAsync(digest);
        return stream.Length;
    }

    private static async ValueTask<Stream> Trust(ValueTask<Stream> opening) => new TrustingStream(await opening);

    private sealed class Unflushed(IDurableFile inner) : IDurableFile
    {
        public string Path => inner.Path;

        public long Length => inner.Length;

        public void Write(ReadOnlySpan<byte> bytes) => inner.Write(bytes);

        public void Flush()
        {
        }

        public void Truncate(long length) => inner.Truncate(length);

        public void Dispose() => inner.Dispose();
    }
}
