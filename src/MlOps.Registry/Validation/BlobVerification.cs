using System.Buffers;

namespace MlOps.Registry;

/// <summary>Reads blobs to their end, which makes the store verify their digest.</summary>
internal static class BlobVerification
{
    public static async ValueTask<long> VerifyAsync(this IArtifactStore store, ArtifactDigest digest, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        var stream = await store.OpenReadAsync(digest, cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            try
            {
                var length = 0L;
                int read;
                while ((read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
                    length += read;
                return length;
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }
}
