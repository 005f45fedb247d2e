using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Unicode;
using MlOps.Serving;

namespace MlOps.AspNetCore;

/// <summary>Reads the data of tensors, from JSON or from binary data, into pooled memory.</summary>
internal static class TensorReader
{
    public static ModelValue ReadJson(ref JsonCursor cursor, InferRequest request, TensorPlan input, ReadOnlySpan<int> shape) => input.Type switch
    {
        TensorType.Float => ReadJson<float, SingleElement>(ref cursor, request, input, shape),
        TensorType.Double => ReadJson<double, DoubleElement>(ref cursor, request, input, shape),
        TensorType.Float16 => ReadJson<Half, HalfElement>(ref cursor, request, input, shape),
        TensorType.BFloat16 => ReadJson<BFloat16, BFloat16Element>(ref cursor, request, input, shape),
        TensorType.Bool => ReadJson<bool, BooleanElement>(ref cursor, request, input, shape),
        TensorType.Int8 => ReadJson<sbyte, IntegerElement<sbyte>>(ref cursor, request, input, shape),
        TensorType.Int16 => ReadJson<short, IntegerElement<short>>(ref cursor, request, input, shape),
        TensorType.Int32 => ReadJson<int, IntegerElement<int>>(ref cursor, request, input, shape),
        TensorType.Int64 => ReadJson<long, IntegerElement<long>>(ref cursor, request, input, shape),
        TensorType.UInt8 => ReadJson<byte, IntegerElement<byte>>(ref cursor, request, input, shape),
        TensorType.UInt16 => ReadJson<ushort, IntegerElement<ushort>>(ref cursor, request, input, shape),
        TensorType.UInt32 => ReadJson<uint, IntegerElement<uint>>(ref cursor, request, input, shape),
        TensorType.UInt64 => ReadJson<ulong, UInt64Element>(ref cursor, request, input, shape),
        _ => ReadJson<string, TextElement>(ref cursor, request, input, shape),
    };

    /// <summary>Reads elements into their places: a flat list, or lists nested as the shape says.</summary>
    public static void ReadElements<T, TElement>(ref JsonCursor cursor, Span<T> elements, TensorPlan input, ReadOnlySpan<int> shape)
        where TElement : IElement<T>
    {
        cursor.Expect((byte)'[');
        if (cursor.Peek() == '[' && shape.Length > 1)
        {
            var read = 0;
            ReadNested<T, TElement>(ref cursor, elements, input, shape, 0, ref read);
            return;
        }

        var count = 0;
        if (!cursor.TryTake((byte)']'))
        {
            do
            {
                if (count == elements.Length)
                    throw Disagrees(input, shape, elements.Length, "more");
                elements[count++] = TElement.Read(ref cursor);
            }
            while (cursor.Another((byte)']'));
        }

        if (count != elements.Length)
            throw Disagrees(input, shape, elements.Length, $"{count}");
    }

    public static ModelValue ReadBinary(ReadOnlySpan<byte> data, InferRequest request, TensorPlan input, ReadOnlySpan<int> shape) => input.Type switch
    {
        TensorType.Float => Copy<float>(data, request, input, shape),
        TensorType.Double => Copy<double>(data, request, input, shape),
        TensorType.Float16 => Copy<Half>(data, request, input, shape),
        TensorType.BFloat16 => Copy<BFloat16>(data, request, input, shape),
        TensorType.Bool => data.ContainsAnyExceptInRange<byte>(0, 1)
            ? throw ProtocolException.Malformed($"The binary data of input '{input.Name}' holds a byte that is neither 0 (false) nor 1 (true).")
            : Copy<bool>(data, request, input, shape),
        TensorType.Int8 => Copy<sbyte>(data, request, input, shape),
        TensorType.Int16 => Copy<short>(data, request, input, shape),
        TensorType.Int32 => Copy<int>(data, request, input, shape),
        TensorType.Int64 => Copy<long>(data, request, input, shape),
        TensorType.UInt8 => Copy<byte>(data, request, input, shape),
        TensorType.UInt16 => Copy<ushort>(data, request, input, shape),
        TensorType.UInt32 => Copy<uint>(data, request, input, shape),
        TensorType.UInt64 => Copy<ulong>(data, request, input, shape),
        _ => Texts(data, request, input, shape),
    };

    public static int CountOf(ReadOnlySpan<int> shape)
    {
        var count = 1;
        foreach (var dimension in shape)
            count *= dimension;
        return count;
    }

    /// <summary>How many texts binary data hold.</summary>
    public static int CountTexts(ReadOnlySpan<byte> data, TensorPlan input)
    {
        var count = 0;
        for (; !data.IsEmpty; count++)
            data = data[(4 + LengthOfText(data, input))..];
        return count;
    }

    private static ModelValue ReadJson<T, TElement>(ref JsonCursor cursor, InferRequest request, TensorPlan input, ReadOnlySpan<int> shape)
        where TElement : IElement<T>
    {
        var count = CountOf(shape);
        // Every element takes a byte and a comma at least: what cannot be there is not allocated for.
        if (count > (cursor.Remaining + 1) / 2)
            throw Disagrees(input, shape, count, "fewer");
        var memory = request.Rent<T>(count);
        ReadElements<T, TElement>(ref cursor, memory.Span, input, shape);
        return TensorValue.Create(memory, shape);
    }

    private static void ReadNested<T, TElement>(
        ref JsonCursor cursor, Span<T> elements, TensorPlan input, ReadOnlySpan<int> shape, int dimension, ref int read)
        where TElement : IElement<T>
    {
        var length = shape[dimension];
        for (var i = 0; ; i++)
        {
            if (i == 0 && cursor.TryTake((byte)']'))
            {
                if (length != 0)
                    throw Disagrees(input, shape, elements.Length, "an empty list among them");
                return;
            }

            if (i == length)
                throw Disagrees(input, shape, elements.Length, $"a list of more than {length} in dimension {dimension + 1}");
            if (dimension == shape.Length - 1)
            {
                elements[read++] = TElement.Read(ref cursor);
            }
            else
            {
                cursor.Expect((byte)'[');
                ReadNested<T, TElement>(ref cursor, elements, input, shape, dimension + 1, ref read);
            }

            if (cursor.Another((byte)']'))
                continue;
            if (i + 1 != length)
                throw Disagrees(input, shape, elements.Length, $"a list of {i + 1} in dimension {dimension + 1}");
            return;
        }
    }

    private static TensorValue<T> Copy<T>(ReadOnlySpan<byte> data, InferRequest request, TensorPlan input, ReadOnlySpan<int> shape)
        where T : unmanaged
    {
        var count = CountOf(shape);
        if (data.Length != (long)count * Unsafe.SizeOf<T>())
            throw ProtocolException.Malformed(
                $"Input '{input.Name}' of shape {Shown(shape)} has {count} elements of {Unsafe.SizeOf<T>()} bytes; its binary data have {data.Length} bytes.");
        var memory = request.Rent<T>(count);
        CopyLittleEndian(data, memory.Span);
        return TensorValue.Create(memory, shape);
    }

    /// <summary>Copies elements as the protocol writes them, in little-endian order.</summary>
    public static void CopyLittleEndian<T>(ReadOnlySpan<byte> data, Span<T> elements)
        where T : unmanaged
    {
        // A span of bytes over the elements; not MemoryMarshal.AsBytes, which wants structs without padding, as all of these are.
        var bytes = MemoryMarshal.CreateSpan(ref Unsafe.As<T, byte>(ref MemoryMarshal.GetReference(elements)), data.Length);
        data.CopyTo(bytes);
        if (!BitConverter.IsLittleEndian)
            Reverse(bytes, Unsafe.SizeOf<T>());
    }

    /// <summary>Turns each element's bytes round.</summary>
    public static void Reverse(Span<byte> bytes, int size)
    {
        for (var i = 0; size > 1 && i < bytes.Length; i += size)
            bytes.Slice(i, size).Reverse();
    }

    private static TensorValue<string> Texts(ReadOnlySpan<byte> data, InferRequest request, TensorPlan input, ReadOnlySpan<int> shape)
    {
        var count = CountOf(shape);
        if (count > data.Length / 4)
            throw ProtocolException.Malformed($"Input '{input.Name}' of shape {Shown(shape)} has {count} elements; its binary data have {data.Length} bytes, 4 or more are needed for each.");
        var memory = request.Rent<string>(count);
        var texts = memory.Span;
        for (var i = 0; i < count; i++)
        {
            if (data.IsEmpty)
                throw ProtocolException.Malformed($"Input '{input.Name}' of shape {Shown(shape)} has {count} elements; its binary data hold {i}.");
            var length = LengthOfText(data, input);
            var text = data.Slice(4, length);
            if (!Utf8.IsValid(text))
                throw ProtocolException.Malformed($"Element {i} of input '{input.Name}' is not UTF-8.");
            texts[i] = System.Text.Encoding.UTF8.GetString(text);
            data = data[(4 + length)..];
        }

        return data.IsEmpty
            ? TensorValue.Create(memory, shape)
            : throw ProtocolException.Malformed($"Input '{input.Name}' of shape {Shown(shape)} has {count} elements; its binary data hold more.");
    }

    private static int LengthOfText(ReadOnlySpan<byte> data, TensorPlan input)
    {
        if (data.Length < 4 || BinaryPrimitives.ReadUInt32LittleEndian(data) is var length && length > data.Length - 4)
            throw ProtocolException.Malformed($"The binary data of input '{input.Name}' end within an element.");
        return (int)BinaryPrimitives.ReadUInt32LittleEndian(data);
    }

    private static ProtocolException Disagrees(TensorPlan input, ReadOnlySpan<int> shape, int count, string found) =>
        ProtocolException.Malformed($"The shape of input '{input.Name}' is {Shown(shape)}, {count} elements; its data hold {found}.");

    private static string Shown(ReadOnlySpan<int> shape) => $"[{string.Join(", ", shape.ToArray())}]";
}
