using System.Globalization;
using MlOps.Registry;

namespace MlOps.Serving;

/// <summary>Holds values against the description of a tensor.</summary>
internal static class SpecCheck
{
    public static bool Fits(TensorSpec spec, ModelValue value)
    {
        if (value is not TensorValue tensor)
            return !Enum.TryParse<TensorType>(spec.ElementType, ignoreCase: true, out _);
        if (!string.Equals(tensor.Type.ToString(), spec.ElementType, StringComparison.OrdinalIgnoreCase))
            return false;
        if (spec.Shape.Count == 0)
            return true;
        if (spec.Shape.Count != tensor.Shape.Length)
            return false;
        for (var i = 0; i < spec.Shape.Count; i++)
        {
            if (int.TryParse(spec.Shape[i], NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size != tensor.Shape[i])
                return false;
        }

        return true;
    }
}
