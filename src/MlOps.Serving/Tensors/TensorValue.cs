using System.Runtime.InteropServices;

namespace MlOps.Serving;

/// <summary>
/// A dense tensor, row-major. Its memory is the caller's: what is given to a model must not change until the answer is there. Scalars
/// have no dimensions.
/// </summary>
public abstract class TensorValue : ModelValue
{
    private readonly int[] _shape;

    private protected TensorValue(TensorType type, ReadOnlySpan<int> shape, int length)
    {
        Type = type;
        _shape = shape.ToArray();
        if (CountOf(shape) is var count && count != length)
            throw new InvalidInputException($"A tensor of shape [{string.Join(", ", _shape)}] has {count} elements; {length} were given.");
    }

    /// <summary>The type of its elements.</summary>
    public TensorType Type { get; }

    /// <summary>The dimensions; empty for a scalar.</summary>
    public ReadOnlySpan<int> Shape => _shape;

    /// <summary>The number of elements.</summary>
    public abstract int Length { get; }

    /// <summary>The elements as they lie in memory, in the byte order of the machine.</summary>
    /// <exception cref="InvalidOperationException">The tensor holds text.</exception>
    public abstract Span<byte> Bytes { get; }

    /// <summary>The bytes of one element; 0 for text.</summary>
    public int ElementSize => SizeOf(Type);

    /// <summary>Makes a tensor over memory that is not copied.</summary>
    /// <typeparam name="T">A type that <see cref="TensorType"/> names.</typeparam>
    /// <param name="data">The elements, row-major.</param>
    /// <param name="shape">The dimensions.</param>
    /// <returns>The tensor.</returns>
    /// <exception cref="InvalidInputException">The shape and the number of elements disagree, or a dimension is negative.</exception>
    /// <exception cref="NotSupportedException">No ONNX tensor holds such elements.</exception>
    public static TensorValue<T> Create<T>(Memory<T> data, params ReadOnlySpan<int> shape) => new(data, shape);

    /// <summary>Makes a tensor over an array that is not copied.</summary>
    /// <typeparam name="T">A type that <see cref="TensorType"/> names.</typeparam>
    /// <param name="data">The elements, row-major.</param>
    /// <param name="shape">The dimensions; none makes a vector of all elements.</param>
    /// <returns>The tensor.</returns>
    public static TensorValue<T> Create<T>(T[] data, params ReadOnlySpan<int> shape)
    {
        ArgumentNullException.ThrowIfNull(data);
        return shape.IsEmpty && data.Length != 1 ? new(data, [data.Length]) : new(data, shape);
    }

    /// <summary>Makes a tensor of zeros (empty texts).</summary>
    /// <param name="type">The element type.</param>
    /// <param name="shape">The dimensions.</param>
    /// <returns>The tensor.</returns>
    public static TensorValue Zeros(TensorType type, params ReadOnlySpan<int> shape)
    {
        var count = CountOf(shape);
        return type switch
        {
            TensorType.Float => new TensorValue<float>(new float[count], shape),
            TensorType.Double => new TensorValue<double>(new double[count], shape),
            TensorType.Float16 => new TensorValue<Half>(new Half[count], shape),
            TensorType.BFloat16 => new TensorValue<BFloat16>(new BFloat16[count], shape),
            TensorType.Int8 => new TensorValue<sbyte>(new sbyte[count], shape),
            TensorType.UInt8 => new TensorValue<byte>(new byte[count], shape),
            TensorType.Int16 => new TensorValue<short>(new short[count], shape),
            TensorType.UInt16 => new TensorValue<ushort>(new ushort[count], shape),
            TensorType.Int32 => new TensorValue<int>(new int[count], shape),
            TensorType.UInt32 => new TensorValue<uint>(new uint[count], shape),
            TensorType.Int64 => new TensorValue<long>(new long[count], shape),
            TensorType.UInt64 => new TensorValue<ulong>(new ulong[count], shape),
            TensorType.Bool => new TensorValue<bool>(new bool[count], shape),
            TensorType.String => new TensorValue<string>(Texts(count), shape),
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not a tensor element type."),
        };
    }

    /// <summary>The elements as what they are.</summary>
    /// <typeparam name="T">The element type.</typeparam>
    /// <returns>The elements.</returns>
    /// <exception cref="InvalidInputException">The tensor holds other elements.</exception>
    public Span<T> AsSpan<T>() => this is TensorValue<T> typed
        ? typed.Data.Span
        : throw new InvalidInputException($"The tensor holds {Type} elements; {typeof(T).Name} was asked for.");

    /// <summary>The bytes of one element; 0 for text.</summary>
    /// <param name="type">The element type.</param>
    /// <returns>The bytes.</returns>
    public static int SizeOf(TensorType type) => type switch
    {
        TensorType.Double or TensorType.Int64 or TensorType.UInt64 => 8,
        TensorType.Float or TensorType.Int32 or TensorType.UInt32 => 4,
        TensorType.Float16 or TensorType.BFloat16 or TensorType.Int16 or TensorType.UInt16 => 2,
        TensorType.Int8 or TensorType.UInt8 or TensorType.Bool => 1,
        _ => 0,
    };

    /// <summary>A tensor whose elements are whatever was in memory; for those that fill it at once.</summary>
    internal static TensorValue Uninitialized(TensorType type, params ReadOnlySpan<int> shape)
    {
        var count = CountOf(shape);
        return type switch
        {
            TensorType.Float => new TensorValue<float>(GC.AllocateUninitializedArray<float>(count), shape),
            TensorType.Double => new TensorValue<double>(GC.AllocateUninitializedArray<double>(count), shape),
            TensorType.Float16 => new TensorValue<Half>(GC.AllocateUninitializedArray<Half>(count), shape),
            TensorType.UInt8 => new TensorValue<byte>(GC.AllocateUninitializedArray<byte>(count), shape),
            TensorType.Int8 => new TensorValue<sbyte>(GC.AllocateUninitializedArray<sbyte>(count), shape),
            TensorType.Int32 => new TensorValue<int>(GC.AllocateUninitializedArray<int>(count), shape),
            TensorType.Int64 => new TensorValue<long>(GC.AllocateUninitializedArray<long>(count), shape),
            _ => Zeros(type, shape),
        };
    }

    /// <summary>Keeps the elements where they are in memory.</summary>
    internal abstract System.Buffers.MemoryHandle Pin();

    internal static int CountOf(ReadOnlySpan<int> shape)
    {
        var count = 1L;
        foreach (var dimension in shape)
        {
            if (dimension < 0)
                throw new InvalidInputException($"Dimension {dimension} of a tensor is negative.");
            count = Math.Min(count * dimension, long.MaxValue / int.MaxValue);
        }

        return count <= Array.MaxLength ? (int)count : throw new InvalidInputException($"A tensor of shape [{string.Join(", ", shape.ToArray())}] is too large.");
    }

    private static string[] Texts(int count)
    {
        var texts = new string[count];
        Array.Fill(texts, "");
        return texts;
    }
}
