using System.Globalization;
using System.Text;
using System.Text.Json;
using MlOps.Registry;
using MlOps.Serving;

namespace MlOps.AspNetCore;

/// <summary>An input or output of a model as the protocol sees it.</summary>
internal sealed class TensorPlan
{
    public TensorPlan(TensorSpec spec, TensorType type)
    {
        Name = spec.Name;
        Utf8 = Encoding.UTF8.GetBytes(spec.Name);
        Encoded = JsonEncodedText.Encode(spec.Name);
        Type = type;
        Dimensions = [.. spec.Shape.Select(dimension => int.TryParse(dimension, NumberStyles.None, CultureInfo.InvariantCulture, out var fixedSize) ? fixedSize : -1)];
    }

    public string Name { get; }

    public byte[] Utf8 { get; }

    public JsonEncodedText Encoded { get; }

    public TensorType Type { get; }

    /// <summary>The dimensions; -1 for one that varies.</summary>
    public int[] Dimensions { get; }

    public override string ToString() => $"'{Name}' {DataTypes.NameOf(Type)} [{string.Join(", ", Dimensions)}]";
}
