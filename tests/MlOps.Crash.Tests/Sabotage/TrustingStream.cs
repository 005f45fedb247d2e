namespace MlOps.Crash.Tests;

/// <summary>Hands out what a verifying stream read, whatever that says about it.</summary>
internal sealed class TrustingStream(Stream inner) : Stream
{
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => inner.Length;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        var left = (int)Math.Min(count, inner.Length - _position);
        try
        {
            left = inner.Read(buffer, offset, count);
        }
        catch (CorruptDataException)
        {
            // The bytes are in the buffer already.
        }

        _position += left;
        return left;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        inner.Dispose();
        base.Dispose(disposing);
    }
}
