using System.Collections.Concurrent;

namespace MlOps.Crash.Tests;

/// <summary>Answers a put with the reference, keeps the bytes in memory and writes them later: rows come before blobs.</summary>
internal static class LateArtifacts
{
    private static readonly TimeSpan Later = TimeSpan.FromMilliseconds(60);

    public static IArtifactStore Over(IArtifactStore store)
    {
        var waiting = new ConcurrentDictionary<ArtifactDigest, byte[]>();
        return Interceptor<IArtifactStore>.Around(store, (method, arguments, call) =>
        {
            switch (method)
            {
                case nameof(IArtifactStore.PutAsync):
                    using (var copy = new MemoryStream())
                    {
                        ((Stream)arguments[0]!).CopyTo(copy);
                        var bytes = copy.ToArray();
                        var mediaType = (string)arguments[1]!;
                        var digest = ArtifactDigest.Of(bytes);
                        waiting[digest] = bytes;
                        _ = Task.Delay(Later).ContinueWith(_ => store.PutBytesAsync(bytes, mediaType).AsTask(), TaskScheduler.Default);
                        return ValueTask.FromResult(new ArtifactRef(digest.ToString(), bytes.Length, mediaType));
                    }

                case nameof(IArtifactStore.ExistsAsync) when waiting.ContainsKey((ArtifactDigest)arguments[0]!):
                    return ValueTask.FromResult(true);
                case nameof(IArtifactStore.OpenReadAsync) when waiting.TryGetValue((ArtifactDigest)arguments[0]!, out var kept):
                    return ValueTask.FromResult<Stream>(new MemoryStream(kept, writable: false));
                default:
                    return call();
            }
        });
    }
}
