using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MlOps.Serving;

/// <summary>A dense tensor of one .NET type.</summary>
/// <typeparam name="T">The element type.</typeparam>
public sealed class TensorValue<T> : TensorValue
{
    internal TensorValue(Memory<T> data, ReadOnlySpan<int> shape)
        : base(TypeOf(), shape, data.Length) => Data = data;

    /// <summary>The elements, row-major.</summary>
    public Memory<T> Data { get; }

    /// <inheritdoc />
    public override int Length => Data.Length;

    /// <inheritdoc />
    public override Span<byte> Bytes
    {
        get
        {
            if (RuntimeHelpers.IsReferenceOrContainsReferences<T>())
                throw new InvalidOperationException("A tensor of texts has no bytes of fixed size.");
            var span = Data.Span;
            return MemoryMarshal.CreateSpan(ref Unsafe.As<T, byte>(ref MemoryMarshal.GetReference(span)), checked(span.Length * Unsafe.SizeOf<T>()));
        }
    }

    internal override System.Buffers.MemoryHandle Pin() => Data.Pin();

    private static TensorType TypeOf() => default(T) switch
    {
        float => TensorType.Float,
        double => TensorType.Double,
        Half => TensorType.Float16,
        BFloat16 => TensorType.BFloat16,
        sbyte => TensorType.Int8,
        byte => TensorType.UInt8,
        short => TensorType.Int16,
        ushort => TensorType.UInt16,
        int => TensorType.Int32,
        uint => TensorType.UInt32,
        long => TensorType.Int64,
        ulong => TensorType.UInt64,
        bool => TensorType.Bool,
        null when typeof(T) == typeof(string) => TensorType.String,
        _ => throw new NotSupportedException($"No tensor holds {typeof(T)} elements; the types are those of TensorType."),
    };
}
