using MlOps.Serving;

namespace MlOps.AspNetCore;

/// <summary>The protocol's names of element types.</summary>
internal static class DataTypes
{
    public static string NameOf(TensorType type) => type switch
    {
        TensorType.Bool => "BOOL",
        TensorType.UInt8 => "UINT8",
        TensorType.UInt16 => "UINT16",
        TensorType.UInt32 => "UINT32",
        TensorType.UInt64 => "UINT64",
        TensorType.Int8 => "INT8",
        TensorType.Int16 => "INT16",
        TensorType.Int32 => "INT32",
        TensorType.Int64 => "INT64",
        TensorType.Float16 => "FP16",
        TensorType.BFloat16 => "BF16",
        TensorType.Float => "FP32",
        TensorType.Double => "FP64",
        _ => "BYTES",
    };

    public static bool TryParse(ReadOnlySpan<byte> name, out TensorType type)
    {
        if (name.SequenceEqual("FP32"u8))
        {
            type = TensorType.Float;
            return true;
        }

        foreach (var candidate in Enum.GetValues<TensorType>())
        {
            if (System.Text.Ascii.Equals(name, NameOf(candidate)))
            {
                type = candidate;
                return true;
            }
        }

        type = default;
        return false;
    }

    /// <summary>The type of a tensor as signatures write it; null for sequences and maps.</summary>
    public static TensorType? OfSignature(string elementType) => elementType switch
    {
        "float" => TensorType.Float,
        _ => Enum.TryParse<TensorType>(elementType, ignoreCase: true, out var type) && Enum.IsDefined(type) && !char.IsAsciiDigit(elementType[0]) ? type : null,
    };
}
