using System.Buffers;

namespace MlOps.Registry;

/// <summary>A layout as a tar file whose bytes depend on nothing but names and content.</summary>
internal sealed class TarLayoutTarget(Stream destination) : ILayoutTarget
{
    private readonly byte[] _block = new byte[TarHeader.BlockBytes];

    public async ValueTask AddAsync(string name, Stream content, long size, CancellationToken cancellationToken)
    {
        TarHeader.Write(_block, name, size);
        await destination.WriteAsync(_block, cancellationToken).ConfigureAwait(false);
        var buffer = ArrayPool<byte>.Shared.Rent(128 << 10);
        try
        {
            var written = 0L;
            int read;
            while ((read = await content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                await destination.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
                written += read;
            }

            BundlePlan.RequireSize(name, written, size);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        await WriteZerosAsync(TarLayoutSource.Padding(size), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        await WriteZerosAsync(TarHeader.BlockBytes, cancellationToken).ConfigureAwait(false);
        await WriteZerosAsync(TarHeader.BlockBytes, cancellationToken).ConfigureAwait(false);
        await destination.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask WriteZerosAsync(int count, CancellationToken cancellationToken)
    {
        Array.Clear(_block);
        await destination.WriteAsync(_block.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
    }
}
