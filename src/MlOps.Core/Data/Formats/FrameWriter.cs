using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace MlOps;

/// <summary>Writes frames of equal columns to a stream, batch by batch, in the format that <see cref="FrameReader"/> reads. Not thread-safe.</summary>
public sealed class FrameWriter : IDisposable
{
    // Bounds the buffer; a frame of more rows becomes several batches.
    private const int BatchRows = 1 << 20;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Stream _stream;
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private DataFrame? _first;
    private ulong _rows;
    private bool _finished;

    /// <summary>A writer; nothing is written before the first batch.</summary>
    /// <param name="stream">Where to; not closed.</param>
    public FrameWriter(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        _stream = stream;
    }

    /// <summary>Writes a batch.</summary>
    /// <param name="frame">The rows; columns as in the first batch.</param>
    /// <exception cref="InvalidInputException">The columns differ from those of the first batch, or there are too many rows.</exception>
    public void Write(DataFrame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        if (_finished)
            throw new InvalidOperationException("The frame was finished already.");
        if (_first is null)
            WriteHeader(frame);
        else
            DataFrame.CheckSameColumns(_first, frame);
        _first ??= frame.Slice(0, 0);
        for (var start = 0; start < frame.RowCount; start += BatchRows)
            WriteBatch(frame.Slice(start, Math.Min(BatchRows, frame.RowCount - start)));
    }

    /// <summary>Writes the end mark, without which the bytes count as cut off. Makes nothing durable: that is the stream's owner's to do.</summary>
    /// <exception cref="InvalidOperationException">No batch was written, so the columns are unknown.</exception>
    public void Finish()
    {
        if (_finished)
            return;
        if (_first is null)
            throw new InvalidOperationException("Write at least one batch, of no rows if need be, before Finish: the columns are unknown.");
        _finished = true;
        _buffer.ResetWrittenCount();
        Put(FrameFormat.End);
        Put(_rows);
        Seal();
    }

    /// <summary>Gives up; without <see cref="Finish"/> the bytes read as cut off.</summary>
    public void Dispose() => _finished = true;

    private void WriteHeader(DataFrame frame)
    {
        if (frame.Columns.Count > FrameFormat.MaxColumns)
            throw new InvalidInputException($"The frame has {frame.Columns.Count} columns; the format holds at most {FrameFormat.MaxColumns}.");
        _buffer.ResetWrittenCount();
        Put(FrameFormat.Magic);
        Put(FrameFormat.Version);
        Put((ushort)0);
        Put((uint)(2 + frame.Columns.Sum(column => 3 + Encoding.UTF8.GetByteCount(column.Name))));
        Put((ushort)frame.Columns.Count);
        foreach (var column in frame.Columns)
        {
            var name = Encoding.UTF8.GetBytes(column.Name);
            if (name.Length > ushort.MaxValue)
                throw new InvalidInputException($"A column name of {name.Length} bytes is too long: at most {ushort.MaxValue}.");
            Put((byte)column.Type);
            Put((ushort)name.Length);
            _buffer.Write(name);
        }

        Seal();
    }

    private void WriteBatch(DataFrame frame)
    {
        _buffer.ResetWrittenCount();
        Put(FrameFormat.Batch);
        Put((uint)frame.RowCount);
        var sizeAt = _buffer.WrittenCount;
        Put(0UL);
        foreach (var column in frame.Columns)
        {
            var start = _buffer.WrittenCount;
            Put((byte)0);
            Put(0UL);
            var encoding = column.NullCount > 0 ? FrameFormat.HasNulls : (byte)0;
            if (column.NullCount > 0)
                PutValidity(column);
            encoding |= PutColumn(column);
            Patch(start, encoding, _buffer.WrittenCount - start - 9);
        }

        BinaryPrimitives.WriteUInt64LittleEndian(Written().Slice(sizeAt), (ulong)(_buffer.WrittenCount - sizeAt - 8));
        Seal();
        _rows += (ulong)frame.RowCount;
    }

    private byte PutColumn(DataColumn column)
    {
        switch (column)
        {
            case DataColumn<string> texts:
                try
                {
                    return PutTexts(texts);
                }
                catch (EncoderFallbackException e)
                {
                    throw new InvalidInputException($"Column '{column.Name}' holds half of a surrogate pair: a stored frame holds Unicode text only. Correct the text.", e);
                }

            case DataColumn<bool> values:
                return PutValues(values);
            case DataColumn<int> values:
                return PutValues(values);
            case DataColumn<long> values:
                return PutValues(values);
            case DataColumn<float> values:
                return PutValues(values);
            case DataColumn<double> values:
                return PutValues(values);
            default:
                return PutValues((DataColumn<Timestamp>)column);
        }
    }

    private byte PutValues<T>(DataColumn<T> column)
        where T : unmanaged
    {
        var bytes = column.Length * Unsafe.SizeOf<T>();
        var target = MemoryMarshal.Cast<byte, T>(_buffer.GetSpan(bytes)[..bytes]);
        column.Span.CopyTo(target);
        for (var i = 0; column.NullCount > 0 && i < target.Length; i++)
        {
            if (column.IsNull(i))
                target[i] = default;
        }

        _buffer.Advance(bytes);
        return 0;
    }

    private byte PutTexts(DataColumn<string> column)
    {
        var distinct = new Dictionary<string, uint>(StringComparer.Ordinal) { [""] = 0 };
        var order = new List<string> { "" };
        var indexes = new uint[column.Length];
        for (var i = 0; i < indexes.Length && distinct.Count <= column.Length / 2; i++)
        {
            var text = column.IsNull(i) ? "" : column[i];
            ref var index = ref CollectionsMarshal.GetValueRefOrAddDefault(distinct, text, out var known);
            if (!known)
            {
                index = (uint)order.Count;
                order.Add(text);
            }

            indexes[i] = index;
        }

        if (distinct.Count <= column.Length / 2)
        {
            Put((uint)order.Count);
            PutTexts(order.Count, i => order[i]);
            foreach (var index in indexes)
                Put(index);
            return FrameFormat.Dictionary;
        }

        PutTexts(column.Length, i => column.IsNull(i) ? "" : column[i]);
        return 0;
    }

    private void PutTexts(int count, Func<int, string> text)
    {
        for (var i = 0; i < count; i++)
            Put((uint)StrictUtf8.GetByteCount(text(i)));
        for (var i = 0; i < count; i++)
            StrictUtf8.GetBytes(text(i), _buffer);
    }

    private void PutValidity(DataColumn column)
    {
        var bits = _buffer.GetSpan((column.Length + 7) / 8)[..((column.Length + 7) / 8)];
        bits.Clear();
        for (var i = 0; i < column.Length; i++)
        {
            if (!column.IsNull(i))
                bits[i >> 3] |= (byte)(1 << (i & 7));
        }

        _buffer.Advance(bits.Length);
    }

    private void Seal()
    {
        Put(Crc32C.Compute(_buffer.WrittenSpan));
        _stream.Write(_buffer.WrittenSpan);
    }

    private void Patch(int at, byte encoding, int length)
    {
        var place = Written()[at..];
        place[0] = encoding;
        BinaryPrimitives.WriteUInt64LittleEndian(place[1..], (ulong)length);
    }

    private Span<byte> Written() => MemoryMarshal.AsMemory(_buffer.WrittenMemory).Span;

    private void Put(byte value)
    {
        _buffer.GetSpan(1)[0] = value;
        _buffer.Advance(1);
    }

    private void Put(ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_buffer.GetSpan(2), value);
        _buffer.Advance(2);
    }

    private void Put(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.GetSpan(4), value);
        _buffer.Advance(4);
    }

    private void Put(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_buffer.GetSpan(8), value);
        _buffer.Advance(8);
    }
}
