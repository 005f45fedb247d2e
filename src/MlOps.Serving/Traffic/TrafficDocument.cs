using System.Text.Json;
using System.Text.Json.Serialization;

namespace MlOps.Serving;

/// <summary>A traffic policy as stored, with the ranges that units were assigned by.</summary>
internal sealed record TrafficDocument
{
    public int Format { get; init; } = 1;

    /// <summary>16 bytes in hexadecimal: the key of the assignment's hash.</summary>
    public required string Salt { get; init; }

    /// <summary>Empty when the endpoint does not serve.</summary>
    public required IReadOnlyList<TrafficShareDocument> Shares { get; init; }

    public IReadOnlyList<TrafficRange> Ranges { get; init; } = [];

    public string? ShadowVersion { get; init; }

    public double ShadowShare { get; init; }

    public TrafficPolicy? ToPolicy() => Shares.Count == 0 ? null : new TrafficPolicy
    {
        Shares = [.. Shares.Select(share => new TrafficShare(ModelVersionRef.Parse(share.Version), share.Weight, share.Variant) { Alias = share.Alias })],
        Shadow = ShadowVersion is null ? null : new TrafficShadow(ModelVersionRef.Parse(ShadowVersion), ShadowShare),
    };

    public string ToJson() => JsonSerializer.Serialize(this, ServingJson.Default.TrafficDocument);

    public static TrafficDocument Parse(string json)
    {
        TrafficDocument? document;
        try
        {
            document = JsonSerializer.Deserialize(json, ServingJson.Default.TrafficDocument);
        }
        catch (JsonException e)
        {
            throw new CorruptDataException($"A stored traffic policy cannot be read: {e.Message}", e);
        }

        return document is { Format: 1 } ? document : throw new CorruptDataException($"A stored traffic policy has format {document?.Format}; this version reads format 1.");
    }

    /// <summary>The document of a policy that follows this one: units move only as far as the new weights demand.</summary>
    public TrafficDocument Next(TrafficPolicy policy)
    {
        var total = policy.Shares.Sum(share => share.Weight);
        return this with
        {
            Shares = [.. policy.Shares.Select(share => new TrafficShareDocument(share.Version.ToString(), share.Weight / total, share.Variant, share.Alias))],
            Ranges = TrafficRanges.Rebalance(Ranges, [.. policy.Shares.Select(share => (share.Version.ToString(), share.Weight / total))]),
            ShadowVersion = policy.Shadow?.Version.ToString(),
            ShadowShare = policy.Shadow?.Share ?? 0,
        };
    }
}

/// <summary>A share as stored.</summary>
internal sealed record TrafficShareDocument(string Version, double Weight, string Variant, string? Alias = null);

/// <summary>Units from <paramref name="Start"/> (inclusive) to <paramref name="End"/> (exclusive) of 2^32 belong to a version.</summary>
internal sealed record TrafficRange(long Start, long End, string Version);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TrafficDocument))]
[JsonSerializable(typeof(InputExample))]
internal sealed partial class ServingJson : JsonSerializerContext;
