using System.Buffers.Binary;
using System.Text;

namespace MlOps.Features;

/// <summary>
/// The append log of a view. Version 2: a header (magic, version, definition hash, CRC-32C), then frames (magic, length, CRC-32C, pushes).
/// A frame is one group commit: it is there whole or, when it is the last one and torn, it is cut off at open.
/// </summary>
internal sealed class OnlineLog : IDisposable
{
    private const int FormatVersion = 2;
    private const int FrameBytes = 64 << 20;
    private const int HeaderBytes = 32;
    private const int PrefixBytes = 12;
    private readonly IDurableFile _file;
    private readonly ByteBuffer _frame = new();

    private OnlineLog(IDurableFile file) => _file = file;

    public long Length => _file.Length;

    private static ReadOnlySpan<byte> Magic => "MLFLOG\r\n"u8;

    private static ReadOnlySpan<byte> FrameMagic => "\u0001FRM"u8;

    /// <summary>Opens a log, hands every push in it to a delegate, cuts a torn tail off.</summary>
    public static OnlineLog Open(IFileSystem files, string path, ViewPlan plan, Action<PushRecord> replay)
    {
        var good = files.FileExists(path) ? Replay(files, path, plan, replay) : 0;
        var file = files.OpenAppend(path);
        try
        {
            if (file.Length > good)
            {
                file.Truncate(good);
                file.Flush();
            }

            if (good == 0)
            {
                Span<byte> header = stackalloc byte[HeaderBytes];
                WriteHeader(header, plan);
                file.Write(header);
                file.Flush();
                files.FlushDirectory(Path.GetDirectoryName(path)!);
            }

            return new OnlineLog(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Appends pushes and makes them durable: as one frame, or several where they are large.</summary>
    public void Append(IReadOnlyList<PushRecord> pushes)
    {
        for (int first = 0, end; first < pushes.Count; first = end)
        {
            _frame.Clear();
            _frame.Write(FrameMagic);
            _frame.Skip(12);
            for (end = first; end < pushes.Count && _frame.Length < FrameBytes; end++)
                pushes[end].Write(_frame);
            var bytes = _frame.Written;
            BinaryPrimitives.WriteInt32LittleEndian(bytes[4..], bytes.Length - PrefixBytes);
            BinaryPrimitives.WriteInt32LittleEndian(bytes[PrefixBytes..], end - first);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], Crc32C.Compute(bytes[PrefixBytes..]));
            _file.Write(bytes);
            _file.Flush();
        }

        _frame.Clear();
    }

    public void Dispose() => _file.Dispose();

    private static void WriteHeader(Span<byte> header, ViewPlan plan)
    {
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], FormatVersion);
        Encoding.ASCII.GetBytes(plan.View.Hash, header[12..]);
        BinaryPrimitives.WriteUInt32LittleEndian(header[28..], Crc32C.Compute(header[..28]));
    }

    private static long Replay(IFileSystem files, string path, ViewPlan plan, Action<PushRecord> replay)
    {
        using var stream = new BufferedStream(files.OpenRead(path), 1 << 16);
        var length = stream.Length;
        if (length < HeaderBytes)
            return 0;
        Span<byte> header = stackalloc byte[HeaderBytes];
        Span<byte> expected = stackalloc byte[HeaderBytes];
        stream.ReadExactly(header);
        WriteHeader(expected, plan);
        if (!header.SequenceEqual(expected))
        {
            if (length == HeaderBytes)
                return 0;
            if (header[..8].SequenceEqual(Magic) && Crc32C.Compute(header[..28]) == BinaryPrimitives.ReadUInt32LittleEndian(header[28..]) && BinaryPrimitives.ReadInt32LittleEndian(header[8..]) is var version and not FormatVersion)
                throw new CorruptDataException($"Online log '{path}' has format version {version}; this library reads {FormatVersion}. Remove the view's online folder and materialise it again.");
            throw new CorruptDataException($"Online log '{path}' has a damaged header, or was written for another definition of view {plan.View}. Restore the file from a backup, or remove the view's online folder and materialise it again.");
        }

        long at = HeaderBytes;
        while (at < length)
        {
            if (ReadFrame(stream, at, length) is not { } payload)
                return EndAt(stream, path, at, length);
            var bytes = new ByteParser(payload);
            for (var left = bytes.Int32(); left > 0; left--)
                replay(PushRecord.Read(ref bytes, plan));
            at += PrefixBytes + payload.Length;
        }

        return at;
    }

    private static byte[]? ReadFrame(Stream stream, long at, long length)
    {
        if (length - at < PrefixBytes)
            return null;
        Span<byte> prefix = stackalloc byte[PrefixBytes];
        stream.Position = at;
        stream.ReadExactly(prefix);
        var size = BinaryPrimitives.ReadInt32LittleEndian(prefix[4..]);
        if (!prefix[..4].SequenceEqual(FrameMagic) || size <= 0 || size > length - at - PrefixBytes)
            return null;
        var payload = new byte[size];
        stream.ReadExactly(payload);
        return Crc32C.Compute(payload) == BinaryPrimitives.ReadUInt32LittleEndian(prefix[8..]) ? payload : null;
    }

    // Only the last frame can be torn: frames are written one at a time, each flushed before the next. A whole frame behind a bad one
    // means that acknowledged bytes were damaged, and cutting there would lose them silently.
    private static long EndAt(Stream stream, string path, long at, long length)
    {
        var rest = new byte[checked((int)(length - at))];
        stream.Position = at;
        stream.ReadExactly(rest);
        for (var from = 1; from < rest.Length;)
        {
            var found = rest.AsSpan(from).IndexOf(FrameMagic);
            if (found < 0)
                break;
            if (ReadFrame(stream, at + from + found, length) is not null)
                throw new CorruptDataException($"Online log '{path}' is damaged at byte {at}, with whole records behind it. Restore the file from a backup, or remove the view's online folder and materialise it again.");
            from += found + 1;
        }

        return at;
    }
}
