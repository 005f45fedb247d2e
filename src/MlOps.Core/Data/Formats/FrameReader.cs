using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace MlOps;

/// <summary>Reads what <see cref="FrameWriter"/> wrote, batch by batch; every byte is checked before it is believed. Not thread-safe.</summary>
public sealed class FrameReader
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Stream _stream;
    private readonly string _source;
    private readonly (string Name, DataType Type)[] _columns;
    private readonly Dictionary<string, string>[] _texts;
    private ulong _rows;
    private bool _ended;

    /// <summary>Reads and checks the header.</summary>
    /// <param name="stream">Where from; not closed.</param>
    /// <param name="source">What messages call the source, such as a file's path.</param>
    /// <exception cref="CorruptDataException">The bytes are no stored frame, damaged, or of a version that this one does not know.</exception>
    public FrameReader(Stream stream, string source = "the stored frame")
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(source);
        _stream = stream;
        _source = source;
        _columns = ReadHeader();
        _texts = new Dictionary<string, string>[_columns.Length];
    }

    /// <summary>A frame of the stored columns without any row.</summary>
    public DataFrame Empty => new(_columns.Select(column => ColumnBuilder.Create(column.Name, column.Type).Build()));

    /// <summary>Reads the next batch.</summary>
    /// <returns>The rows, or null after the last ones.</returns>
    /// <exception cref="CorruptDataException">The bytes are damaged or cut off.</exception>
    public DataFrame? Read()
    {
        if (_ended)
            return null;
        var mark = ReadBytes(1);
        return mark[0] switch
        {
            FrameFormat.Batch => ReadBatch(),
            FrameFormat.End => ReadEnd(),
            _ => throw Corrupt($"a block begins with {mark[0]}, which is neither a batch nor the end"),
        };
    }

    private (string, DataType)[] ReadHeader()
    {
        var fixedPart = ReadBytes(12);
        if (BinaryPrimitives.ReadUInt32LittleEndian(fixedPart) != FrameFormat.Magic)
            throw Corrupt("it does not begin with the mark MLDF");
        var version = BinaryPrimitives.ReadUInt16LittleEndian(fixedPart.AsSpan(4));
        if (version != FrameFormat.Version)
            throw Corrupt($"it is of format version {version}; this program reads version {FrameFormat.Version}. A newer MlOps.Sdk may read it");
        var length = BinaryPrimitives.ReadUInt32LittleEndian(fixedPart.AsSpan(8));
        if (length > (long)FrameFormat.MaxColumns * (3 + ushort.MaxValue) || length < 2)
            throw Corrupt($"its header claims {length} bytes");
        var body = ReadBytes(length);
        CheckSum(Crc32C.Compute(body, Crc32C.Compute(fixedPart)), "header");
        var part = new Cursor(this, body);
        var columns = new (string, DataType)[part.U16()];
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < columns.Length; i++)
        {
            var type = (DataType)part.U8();
            var name = part.Text(part.U16());
            if (!Enum.IsDefined(type) || name.Length == 0 || !names.Add(name))
                throw Corrupt($"column {i} ('{name}', type {(int)type}) is no column");
            columns[i] = (name, type);
        }

        part.ExpectEnd();
        return columns;
    }

    private DataFrame ReadBatch()
    {
        var head = ReadBytes(12);
        var rows = BinaryPrimitives.ReadUInt32LittleEndian(head);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(head.AsSpan(4));
        if (rows > FrameFormat.MaxRows || (_columns.Length == 0 && rows > 0))
            throw Corrupt($"a batch claims {rows} rows");
        if (length > (ulong)Array.MaxLength)
            throw Corrupt($"a batch claims {length} bytes");
        var body = ReadBytes((long)length);
        CheckSum(Crc32C.Compute(body, Crc32C.Compute(head, Crc32C.Compute([FrameFormat.Batch]))), "batch");
        var part = new Cursor(this, body);
        var columns = new DataColumn[_columns.Length];
        for (var i = 0; i < columns.Length; i++)
        {
            var encoding = part.U8();
            var size = part.U64();
            if (encoding > (FrameFormat.HasNulls | FrameFormat.Dictionary) || size > (ulong)part.Left)
                throw Corrupt($"column '{_columns[i].Name}' has encoding {encoding} and {size} bytes");
            var inner = new Cursor(this, part.Bytes((int)size));
            columns[i] = ReadColumn(i, encoding, (int)rows, ref inner);
            inner.ExpectEnd();
        }

        part.ExpectEnd();
        _rows += rows;
        return new DataFrame(columns);
    }

    private DataFrame? ReadEnd()
    {
        var total = ReadBytes(8);
        CheckSum(Crc32C.Compute(total, Crc32C.Compute([FrameFormat.End])), "end");
        if (BinaryPrimitives.ReadUInt64LittleEndian(total) is var rows && rows != _rows)
            throw Corrupt($"it ends after {_rows} rows, but {rows} were written");
        _ended = true;
        return null;
    }

    private DataColumn ReadColumn(int index, byte encoding, int rows, ref Cursor part)
    {
        var (name, type) = _columns[index];
        ulong[]? validity = null;
        if ((encoding & FrameFormat.HasNulls) != 0)
        {
            validity = new ulong[(rows + 63) / 64];
            part.Bytes((rows + 7) / 8).CopyTo(MemoryMarshal.AsBytes(validity.AsSpan()));
        }

        var dictionary = (encoding & FrameFormat.Dictionary) != 0;
        if (dictionary && type != DataType.String)
            throw Corrupt($"column '{name}' of {type} claims a dictionary");
        return type switch
        {
            DataType.Boolean => Flags(name, rows, validity, ref part),
            DataType.Int32 => Values<int>(name, rows, validity, ref part),
            DataType.Int64 => Values<long>(name, rows, validity, ref part),
            DataType.Float32 => Values<float>(name, rows, validity, ref part),
            DataType.Float64 => Values<double>(name, rows, validity, ref part),
            DataType.Timestamp => Values<Timestamp>(name, rows, validity, ref part),
            _ => DataColumn.Create(name, dictionary ? DictionaryTexts(rows, ref part, index) : Texts(rows, ref part, index), validity),
        };
    }

    private DataColumn<bool> Flags(string name, int rows, ulong[]? validity, ref Cursor part)
    {
        var bytes = part.Bytes(rows);
        if (bytes.ContainsAnyExceptInRange((byte)0, (byte)1))
            throw Corrupt($"column '{name}' holds a flag that is neither 0 nor 1");
        return DataColumn.Create(name, MemoryMarshal.Cast<byte, bool>(bytes).ToArray(), validity);
    }

    private static DataColumn<T> Values<T>(string name, int rows, ulong[]? validity, ref Cursor part)
        where T : unmanaged
    {
        var bytes = part.Bytes((long)rows * Unsafe.SizeOf<T>());
        var values = new T[rows];
        bytes.CopyTo(MemoryMarshal.AsBytes(values.AsSpan()));
        return DataColumn.Create(name, values, validity);
    }

    private string[] DictionaryTexts(int rows, ref Cursor part, int column)
    {
        var count = part.U32();
        if (count > (uint)part.Left / 4)
            throw Corrupt($"a dictionary claims {count} texts");
        var distinct = Texts((int)count, ref part, column);
        var indexes = part.Bytes((long)rows * 4);
        var texts = new string[rows];
        for (var i = 0; i < rows; i++)
        {
            var index = BinaryPrimitives.ReadUInt32LittleEndian(indexes[(i * 4)..]);
            if (index >= (uint)distinct.Length)
                throw Corrupt($"a text has number {index} of {distinct.Length}");
            texts[i] = distinct[index];
        }

        return texts;
    }

    // One instance for equal texts of a column, also across batches: that is what a dictionary is for.
    private string[] Texts(int count, ref Cursor part, int column)
    {
        var lengths = part.Bytes((long)count * 4);
        var texts = new string[count];
        var known = _texts[column] ??= new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            var text = part.Text(BinaryPrimitives.ReadUInt32LittleEndian(lengths[(i * 4)..]));
            if (known.TryGetValue(text, out var shared))
                text = shared;
            else if (known.Count < 65_536)
                known.Add(text, text);
            texts[i] = text;
        }

        return texts;
    }

    // Grows as bytes arrive: a claim of gigabytes in a file of a hundred bytes costs nothing.
    private byte[] ReadBytes(long count)
    {
        const int Step = 1 << 20;
        var bytes = new byte[Math.Min(count, Step)];
        var read = 0;
        while (true)
        {
            var got = _stream.ReadAtLeast(bytes.AsSpan(read), bytes.Length - read, throwOnEndOfStream: false);
            read += got;
            if (read < bytes.Length)
                throw Corrupt("it is cut off");
            if (read == count)
                return bytes;
            Array.Resize(ref bytes, (int)Math.Min(count, Math.Min(Array.MaxLength, bytes.Length * 2L)));
        }
    }

    private void CheckSum(uint computed, string block)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(ReadBytes(4)) != computed)
            throw Corrupt($"the checksum of a {block} is wrong");
    }

    private CorruptDataException Corrupt(string what) => new($"Cannot read {_source}: {what}.");

    private ref struct Cursor(FrameReader reader, ReadOnlySpan<byte> bytes)
    {
        private ReadOnlySpan<byte> _rest = bytes;

        public readonly int Left => _rest.Length;

        public ReadOnlySpan<byte> Bytes(long count)
        {
            if (count > _rest.Length)
                throw reader.Corrupt($"{count} bytes are claimed where {_rest.Length} are left");
            var taken = _rest[..(int)count];
            _rest = _rest[(int)count..];
            return taken;
        }

        public byte U8() => Bytes(1)[0];

        public ushort U16() => BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2));

        public uint U32() => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4));

        public ulong U64() => BinaryPrimitives.ReadUInt64LittleEndian(Bytes(8));

        public string Text(uint length)
        {
            var utf8 = Bytes(length);
            try
            {
                return StrictUtf8.GetString(utf8);
            }
            catch (DecoderFallbackException)
            {
                throw reader.Corrupt("a text is no UTF-8");
            }
        }

        public readonly void ExpectEnd()
        {
            if (_rest.Length > 0)
                throw reader.Corrupt($"{_rest.Length} bytes are left over");
        }
    }
}
