using System.Security.Cryptography;

namespace MlOps.Registry;

/// <summary>Passes bytes on and throws at their end unless there were as many as said, with the digest that was said.</summary>
internal sealed class CheckedStream(Stream inner, string what, ArtifactDigest digest, long size) : Stream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _read;
    private bool _ended;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException("The length is what is being checked.");

    public override long Position
    {
        get => _read;
        set => throw new NotSupportedException("It is read forward only, so that its digest can be verified.");
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        var read = inner.Read(buffer);
        Observe(buffer[..read], buffer.Length);
        return read;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        Observe(buffer.Span[..read], buffer.Length);
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("It is read forward only, so that its digest can be verified.");

    public override void SetLength(long value) => throw new NotSupportedException("It is only read.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("It is only read.");

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
        if (asked == 0 || _ended)
            return;
        if (read.Length > 0)
        {
            _read += read.Length;
            if (_read > size)
                throw new CorruptDataException($"{what} has more than the {size} bytes that its descriptor says. Fetch the bundle again.");
            _hash.AppendData(read);
            return;
        }

        _ended = true;
        if (_read < size)
            throw new CorruptDataException($"{what} ends after {_read} bytes; its descriptor says {size}. Fetch the bundle again.");
        Span<byte> actual = stackalloc byte[32];
        _hash.GetHashAndReset(actual);
        if (ArtifactDigest.FromHash(actual) is var found && found != digest)
            throw new CorruptDataException($"{what} has the digest {found}; expected {digest}. Fetch the bundle again.");
    }
}
