namespace MlOps.Artifacts;

/// <summary>Files read one after the other as if they were one.</summary>
internal sealed class PartsStream(IFileSystem files, string[] paths, long[] lengths) : ForwardStream
{
    private readonly long _length = lengths.Sum();
    private Stream? _open;
    private int _next;
    private long _position;

    // It may begin anew, no more.
    public override bool CanSeek => true;

    public override long Length => _length;

    public override long Position
    {
        get => _position;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNotEqual(value, 0);
            _open?.Dispose();
            (_open, _next, _position) = (null, 0, 0);
        }
    }

    public override int Read(Span<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            if (_open is null)
            {
                if (_next == paths.Length)
                    return 0;
                _open = Open(_next++);
            }

            int read;
            try
            {
                read = _open.Read(buffer);
            }
            catch (IOException exception)
            {
                throw Files.StorageErrors.From("read", paths[_next - 1], exception);
            }

            if (read > 0)
            {
                _position += read;
                return read;
            }

            _open.Dispose();
            _open = null;
        }

        return 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _open?.Dispose();
        base.Dispose(disposing);
    }

    private Stream Open(int part)
    {
        try
        {
            return files.OpenRead(paths[part]);
        }
        catch (FileNotFoundException exception)
        {
            throw new ConcurrencyConflictException($"Part '{paths[part]}' of an upload was removed while the parts were joined: somebody else completed or abandoned the upload.", exception);
        }
    }
}
