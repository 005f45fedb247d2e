using System.Text.Json;
using System.Text.Json.Serialization;

namespace MlOps.Reporting;

/// <summary>Plots as JSON, so that runs can keep them as artifacts.</summary>
public static class PlotJson
{
    /// <summary>The plot as UTF-8 JSON.</summary>
    /// <param name="plot">The plot.</param>
    /// <returns>The bytes.</returns>
    public static byte[] Serialize(Plot plot)
    {
        ArgumentNullException.ThrowIfNull(plot);
        return JsonSerializer.SerializeToUtf8Bytes(plot, PlotJsonContext.Default.Plot);
    }

    /// <summary>The plot in UTF-8 JSON.</summary>
    /// <param name="json">The bytes.</param>
    /// <returns>The plot.</returns>
    /// <exception cref="CorruptDataException">The bytes hold no plot.</exception>
    public static Plot Deserialize(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, PlotJsonContext.Default.Plot) ?? throw new CorruptDataException("The stored plot is null.");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new CorruptDataException($"The bytes hold no plot: {e.Message}", e);
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Plot))]
internal sealed partial class PlotJsonContext : JsonSerializerContext;
