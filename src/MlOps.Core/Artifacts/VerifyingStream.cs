using System.Security.Cryptography;

namespace MlOps.Artifacts;

/// <summary>Hashes what is read and compares at the end; a damaged blob never ends normally.</summary>
internal sealed class VerifyingStream(Stream inner, ArtifactDigest digest, string path) : Stream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private bool _ended;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => inner.Length;

    public override long Position
    {
        get => inner.Position;
        set => throw new NotSupportedException("An artifact is read forward only, so that its digest can be verified.");
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        try
        {
            var read = inner.Read(buffer);
            Observe(buffer[..read], buffer.Length);
            return read;
        }
        catch (IOException exception)
        {
            throw Files.StorageErrors.From("read", path, exception);
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var read = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            Observe(buffer.Span[..read], buffer.Length);
            return read;
        }
        catch (IOException exception)
        {
            throw Files.StorageErrors.From("read", path, exception);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("An artifact is read forward only, so that its digest can be verified.");

    public override void SetLength(long value) => throw new NotSupportedException("An artifact is never changed.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("An artifact is never changed.");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
            _hash.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Observe(ReadOnlySpan<byte> read, int asked)
    {
        if (read.Length > 0)
        {
            _hash.AppendData(read);
            // Readers that know the length stop before they see the end: compare as soon as the last byte has passed.
            if (inner.Position < inner.Length)
                return;
        }
        else if (asked == 0)
        {
            return;
        }

        if (_ended && read.Length == 0)
            return;
        _ended = true;
        Span<byte> actual = stackalloc byte[32];
        _hash.GetCurrentHash(actual);
        var found = ArtifactDigest.FromHash(actual);
        if (found != digest)
            throw new CorruptDataException($"The artifact file '{path}' has the digest {found} but its name says {digest}: restore it from a backup, or store the artifact again.");
    }
}
