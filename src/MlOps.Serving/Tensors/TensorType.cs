namespace MlOps.Serving;

/// <summary>The element types of ONNX tensors that a request may carry; the values are ONNX's own (<c>TensorProto.DataType</c>).</summary>
public enum TensorType
{
    /// <summary>32-bit floating point: <see cref="float"/>.</summary>
    Float = 1,

    /// <summary>Unsigned 8-bit integer: <see cref="byte"/>.</summary>
    UInt8 = 2,

    /// <summary>Signed 8-bit integer: <see cref="sbyte"/>.</summary>
    Int8 = 3,

    /// <summary>Unsigned 16-bit integer: <see cref="ushort"/>.</summary>
    UInt16 = 4,

    /// <summary>Signed 16-bit integer: <see cref="short"/>.</summary>
    Int16 = 5,

    /// <summary>Signed 32-bit integer: <see cref="int"/>.</summary>
    Int32 = 6,

    /// <summary>Signed 64-bit integer: <see cref="long"/>.</summary>
    Int64 = 7,

    /// <summary>Text: <see cref="string"/>.</summary>
    String = 8,

    /// <summary>Truth values: <see cref="bool"/>.</summary>
    Bool = 9,

    /// <summary>16-bit floating point: <see cref="Half"/>.</summary>
    Float16 = 10,

    /// <summary>64-bit floating point: <see cref="double"/>.</summary>
    Double = 11,

    /// <summary>Unsigned 32-bit integer: <see cref="uint"/>.</summary>
    UInt32 = 12,

    /// <summary>Unsigned 64-bit integer: <see cref="ulong"/>.</summary>
    UInt64 = 13,

    /// <summary>The upper 16 bits of a 32-bit float: <see cref="MlOps.Serving.BFloat16"/>.</summary>
    BFloat16 = 16,
}
