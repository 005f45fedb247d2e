using System.Globalization;

namespace MlOps.Features;

/// <summary>A partition's durable log in files of limited size. One writer; readers of the same process follow what is durable.</summary>
internal sealed class StreamLog : IDisposable
{
    private readonly FeatureChannelOptions _options;
    private readonly string _folder;
    private readonly Lock _gate = new();
    private readonly List<LogFile> _segments = [];
    private readonly List<StreamLogCursor> _cursors = [];
    private IDurableFile? _file;
    private long _next;
    private long _checkpointed = -1;

    private StreamLog(FeatureChannelOptions options, string folder)
    {
        _options = options;
        _folder = folder;
    }

    public IFileSystem Files => _options.Files;

    public StreamRange Range
    {
        get
        {
            lock (_gate)
                return new StreamRange(_segments[0].First, _next - 1);
        }
    }

    public static StreamLog Open(FeatureChannelOptions options, string folder)
    {
        var log = new StreamLog(options, folder);
        log.Open();
        return log;
    }

    /// <summary>Appends writes as one frame each and makes them durable together.</summary>
    /// <returns>The last offset.</returns>
    public long Append(IReadOnlyList<DataFrame> writes)
    {
        if (_file is null)
            Open();
        var length = 0L;
        lock (_gate)
            length = _segments[^1].Length;
        if (length > _options.SegmentBytes)
            Roll();
        var next = _next;
        using var bytes = new MemoryStream();
        foreach (var rows in writes.Where(rows => rows.RowCount > 0))
        {
            var at = (int)bytes.Length;
            bytes.Write(new byte[StreamLogFormat.PrefixBytes + StreamLogFormat.FrameHeadBytes]);
            rows.Save(bytes);
            StreamLogFormat.Seal(bytes.GetBuffer().AsSpan(at, (int)bytes.Length - at), next, rows.RowCount);
            next += rows.RowCount;
        }

        try
        {
            if (bytes.Length > 0)
            {
                _file!.Write(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
                _file.Flush();
            }
        }
        catch
        {
            // What reached the disk is unknown: the next write reads it back first.
            _file?.Dispose();
            _file = null;
            throw;
        }

        lock (_gate)
        {
            _next = next;
            _segments[^1] = _segments[^1] with { Length = _segments[^1].Length + bytes.Length };
        }

        return next - 1;
    }

    public StreamLogCursor Read(long after)
    {
        lock (_gate)
        {
            var cursor = new StreamLogCursor(this, after);
            _cursors.Add(cursor);
            return cursor;
        }
    }

    public void Forget(StreamLogCursor cursor)
    {
        lock (_gate)
            _cursors.Remove(cursor);
    }

    /// <summary>The file that holds an offset, and how far it is durable; null when the offset is not written yet.</summary>
    public LogFile? FileOf(long offset)
    {
        lock (_gate)
        {
            if (offset >= _next)
                return null;
            if (offset < _segments[0].First)
                throw new StorageException($"The log in '{_folder}' begins at offset {_segments[0].First}: offset {offset} is gone by the retention.");
            return _segments.FindLast(segment => segment.First <= offset);
        }
    }

    public void Checkpointed(long offset)
    {
        lock (_gate)
            _checkpointed = Math.Max(_checkpointed, offset);
    }

    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
    }

    private void Open()
    {
        _options.Files.CreateDirectory(_folder);
        var segments = new List<LogFile>();
        foreach (var path in _options.Files.ListFiles(_folder))
        {
            var name = Path.GetFileNameWithoutExtension(path);
            if (path.EndsWith(".log", StringComparison.Ordinal) && long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var first))
                segments.Add(new LogFile(path, first, _options.Files.FileLength(path)));
        }

        segments.Sort((left, right) => left.First.CompareTo(right.First));
        var start = segments.Count == 0 ? 0 : segments[^1].First;
        var (good, next) = segments.Count == 0 ? (0L, 0L) : Scan(segments[^1]);
        var file = _options.Files.OpenAppend(segments.Count == 0 ? PathOf(0) : segments[^1].Path);
        try
        {
            if (file.Length > good)
            {
                file.Truncate(good);
                file.Flush();
            }

            if (good == 0)
            {
                file.Write(StreamLogFormat.Header(start));
                file.Flush();
                _options.Files.FlushDirectory(_folder);
            }
        }
        catch
        {
            file.Dispose();
            throw;
        }

        lock (_gate)
        {
            _segments.Clear();
            _segments.AddRange(segments.Count == 0 ? [new LogFile(PathOf(0), 0, 0)] : segments);
            _segments[^1] = _segments[^1] with { Length = file.Length };
            _next = next;
        }

        _file = file;
    }

    // The last file may end in a write that a crash cut off. A whole frame behind a bad one means damage, and cutting there would lose it silently.
    private (long Good, long Next) Scan(LogFile segment)
    {
        using var stream = _options.Files.OpenRead(segment.Path);
        if (!CheckHeader(stream, segment))
            return (0, segment.First);
        long at = StreamLogFormat.HeaderBytes;
        var next = segment.First;
        while (at < stream.Length)
        {
            if (StreamLogFormat.ReadFrame(stream, at, stream.Length) is not { } payload)
                break;
            var (first, rows) = StreamLogFormat.HeadOf(payload);
            if (first != next)
                throw new CorruptDataException($"Stream log '{segment.Path}' continues with offset {first} at byte {at}, where {next} is due. Restore the file from a backup.");
            next += rows;
            at += StreamLogFormat.PrefixBytes + payload.Length;
        }

        if (at < stream.Length && HasFrameBehind(stream, at))
            throw new CorruptDataException($"Stream log '{segment.Path}' is damaged at byte {at}, with whole records behind it. Restore the file from a backup.");
        return (at, next);
    }

    /// <summary>False when a crash cut the header of the last file off.</summary>
    public static bool CheckHeader(Stream stream, LogFile segment)
    {
        var header = new byte[StreamLogFormat.HeaderBytes];
        var read = stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        if (read == header.Length && header.AsSpan().SequenceEqual(StreamLogFormat.Header(segment.First)))
            return true;
        return stream.Length <= header.Length
            ? false
            : throw new CorruptDataException($"Stream log '{segment.Path}' has a damaged header, or another format version than {StreamLogFormat.Version}. Restore the file from a backup.");
    }

    private static bool HasFrameBehind(Stream stream, long at)
    {
        var rest = new byte[checked((int)(stream.Length - at))];
        stream.Position = at;
        stream.ReadExactly(rest);
        for (var from = 1; from < rest.Length;)
        {
            var found = rest.AsSpan(from).IndexOf(StreamLogFormat.FrameMagic);
            if (found < 0)
                return false;
            if (StreamLogFormat.ReadFrame(stream, at + from + found, stream.Length) is not null)
                return true;
            from += found + 1;
        }

        return false;
    }

    private void Roll()
    {
        var path = PathOf(_next);
        // Left by a crash right after it was made: it holds nothing, or it would be the last one.
        _options.Files.Delete(path);
        var file = _options.Files.CreateNew(path);
        try
        {
            file.Write(StreamLogFormat.Header(_next));
            file.Flush();
            _options.Files.FlushDirectory(_folder);
        }
        catch
        {
            file.Dispose();
            throw;
        }

        _file!.Dispose();
        _file = file;
        lock (_gate)
            _segments.Add(new LogFile(path, _next, StreamLogFormat.HeaderBytes));
        Retain();
    }

    private void Retain()
    {
        var oldest = _options.Clock.GetUtcNow() - _options.RetainFor;
        while (true)
        {
            LogFile first;
            lock (_gate)
            {
                first = _segments[0];
                var last = _segments.Count > 1 ? _segments[1].First - 1 : long.MaxValue;
                var isTaken = last <= _checkpointed && _cursors.TrueForAll(cursor => cursor.After >= last);
                if (!isTaken || (_segments.Sum(segment => segment.Length) <= _options.RetainBytes && _options.Files.LastWriteTime(first.Path) >= oldest))
                    return;
                _segments.RemoveAt(0);
            }

            _options.Files.Delete(first.Path);
        }
    }

    private string PathOf(long first) => Path.Combine(_folder, first.ToString("D20", CultureInfo.InvariantCulture) + ".log");

    /// <summary>One file, and how many bytes of it are durable.</summary>
    internal sealed record LogFile(string Path, long First, long Length);
}
