namespace MlOps.Features;

/// <summary>A reader's place in a stream's log. Not thread-safe.</summary>
internal sealed class StreamLogCursor(StreamLog log, long after) : IDisposable
{
    private long _after = after;
    private StreamLog.LogFile? _file;
    private Stream? _stream;
    private long _at;

    /// <summary>The last offset that was read, or begun behind.</summary>
    public long After => Volatile.Read(ref _after);

    /// <summary>The next rows; null when there are none yet.</summary>
    public (long First, DataFrame Rows)? Next()
    {
        while (log.FileOf(_after + 1) is { } file)
        {
            Seek(file);
            var payload = StreamLogFormat.ReadFrame(_stream!, _at, file.Length)
                ?? throw new CorruptDataException($"Stream log '{file.Path}' is damaged at byte {_at}. Restore the file from a backup.");
            _at += StreamLogFormat.PrefixBytes + payload.Length;
            var (first, count) = StreamLogFormat.HeadOf(payload);
            if (first + count <= _after + 1)
                continue;
            using var bytes = new MemoryStream(payload, StreamLogFormat.FrameHeadBytes, payload.Length - StreamLogFormat.FrameHeadBytes, writable: false);
            var rows = DataFrame.Load(bytes, file.Path);
            var skip = (int)Math.Max(0, _after + 1 - first);
            Volatile.Write(ref _after, first + count - 1);
            return (first + skip, skip == 0 ? rows : rows.Slice(skip, count - skip));
        }

        return null;
    }

    public void Dispose()
    {
        _stream?.Dispose();
        log.Forget(this);
    }

    private void Seek(StreamLog.LogFile file)
    {
        if (_file?.Path != file.Path)
        {
            _stream?.Dispose();
            _stream = log.Files.OpenRead(file.Path);
            if (!StreamLog.CheckHeader(_stream, file))
                throw new CorruptDataException($"Stream log '{file.Path}' has a damaged header. Restore the file from a backup.");
            _at = StreamLogFormat.HeaderBytes;
        }
        else if (_stream!.Length < file.Length)
        {
            // A file layer may give what was there when the file was opened.
            _stream.Dispose();
            _stream = log.Files.OpenRead(file.Path);
        }

        _file = file;
    }
}
