using System.Runtime.InteropServices;
using System.Text;

namespace MlOps.Features;

/// <summary>Buffers what goes into a durable file and sums it up.</summary>
internal sealed class ChecksumWriter(IDurableFile file)
{
    private readonly byte[] _buffer = new byte[1 << 16];
    private int _used;

    public uint Crc { get; private set; }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_used == _buffer.Length)
                Drain();
            var take = Math.Min(bytes.Length, _buffer.Length - _used);
            bytes[..take].CopyTo(_buffer.AsSpan(_used));
            _used += take;
            bytes = bytes[take..];
        }
    }

    public void Write(int value) => Write(MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in value)));

    public void Write(long value) => Write(MemoryMarshal.AsBytes(new ReadOnlySpan<long>(in value)));

    /// <summary>A text as <see cref="BinaryReader.ReadString"/> reads it.</summary>
    public void Write(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var length = (uint)bytes.Length;
        while (length >= 0x80)
        {
            Write([(byte)(length | 0x80)]);
            length >>= 7;
        }

        Write([(byte)length]);
        Write(bytes);
    }

    /// <summary>Ends the file with the checksum of everything before it.</summary>
    public void Finish()
    {
        Drain();
        var crc = Crc;
        file.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in crc)));
    }

    private void Drain()
    {
        Crc = Crc32C.Compute(_buffer.AsSpan(0, _used), Crc);
        file.Write(_buffer.AsSpan(0, _used));
        _used = 0;
    }
}
