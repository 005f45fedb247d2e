namespace MlOps.Serving;

/// <summary>
/// The bytes of a protobuf file: an array, or a window that moves over a seekable stream, so that a large file is walked without being
/// held. Not thread-safe.
/// </summary>
internal sealed class ProtoSource
{
    private const int WindowBytes = 64 << 10;
    private readonly Stream? _stream;
    private readonly byte[] _window;
    private long _start;
    private int _count;

    public ProtoSource(byte[] bytes)
    {
        _window = bytes;
        _count = bytes.Length;
        Length = bytes.Length;
    }

    public ProtoSource(Stream stream)
    {
        _stream = stream;
        Length = stream.Length;
        _window = new byte[Math.Min(WindowBytes, Length)];
    }

    public long Length { get; }

    /// <summary>The bytes from a position on: as many as are wanted (at most 4 KiB), less only where the file ends, and as many more as are at hand.</summary>
    public ReadOnlySpan<byte> At(long position, int wanted)
    {
        if (position < _start || position + wanted > _start + _count)
            Move(position, wanted);
        var offset = (int)(position - _start);
        return _window.AsSpan(offset, _count - offset);
    }

    // A little before the position stays in the window: nodes are read twice.
    private void Move(long position, int wanted)
    {
        if (_stream is null || (position >= _start && _start + _count == Length))
            return;
        var start = Math.Max(0, Math.Min(position - (WindowBytes / 8), Length - _window.Length));
        if (position + wanted > start + _window.Length && start + _window.Length < Length)
            start = position;
        _stream.Position = start;
        _count = _stream.ReadAtLeast(_window, _window.Length, throwOnEndOfStream: false);
        _start = start;
        if (position > _start + _count)
            throw new CorruptDataException($"The model file ended at byte {_start + _count} while it was read; it had {Length} bytes before.");
    }
}
