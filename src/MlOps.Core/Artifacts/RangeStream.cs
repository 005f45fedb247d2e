namespace MlOps.Artifacts;

/// <summary>A part of a file that was verified.</summary>
/// <param name="inner">The file at the part's first byte; disposed with this.</param>
/// <param name="length">Bytes of the part.</param>
/// <param name="path">The file, for messages.</param>
internal sealed class RangeStream(Stream inner, long length, string path) : ForwardStream
{
    private long _position;

    public override long Length => length;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException("An artifact is read forward only, so that it can be verified.");
    }

    public override int Read(Span<byte> buffer)
    {
        var wanted = (int)Math.Min(buffer.Length, length - _position);
        if (wanted == 0)
            return 0;
        try
        {
            var read = inner.Read(buffer[..wanted]);
            if (read == 0)
                throw new CorruptDataException($"The artifact file '{path}' was cut while it was read: restore it from a backup, or store the artifact again.");
            _position += read;
            return read;
        }
        catch (IOException exception)
        {
            throw Files.StorageErrors.From("read", path, exception);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }
}
