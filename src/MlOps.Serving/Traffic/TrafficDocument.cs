using System.Text.Json;
using System.Text.Json.Serialization;

namespace MlOps.Serving;

/// <summary>A traffic policy as stored, with the ranges that units were assigned by.</summary>
internal sealed record TrafficDocument
{
    private const double DefaultTolerance = 0.01;

    public int Format { get; init; } = 1;

    /// <summary>16 bytes in hexadecimal: the key of the assignment's hash.</summary>
    public required string Salt { get; init; }

    /// <summary>Empty when the endpoint does not serve.</summary>
    public required IReadOnlyList<TrafficShareDocument> Shares { get; init; }

    public IReadOnlyList<TrafficRange> Ranges { get; init; } = [];

    public string? ShadowVersion { get; init; }

    public double ShadowShare { get; init; }

    /// <summary>Null where the shares tell: one version, stable and canary, or a split.</summary>
    public TrafficKind? Kind { get; init; }

    /// <summary>Null where it is the default.</summary>
    public double? ShadowTolerance { get; init; }

    public TrafficRamp? Ramp { get; init; }

    public BanditOptions? Bandit { get; init; }

    public TrafficPolicy? ToPolicy() => Shares.Count == 0 ? null : new TrafficPolicy
    {
        Kind = Kind ?? Implied([.. Shares.Select(share => share.Variant)]),
        Ramp = Ramp,
        Bandit = Bandit,
        Shares = [.. Shares.Select(share => new TrafficShare(ModelVersionRef.Parse(share.Version), share.Weight, share.Variant) { Alias = share.Alias })],
        Shadow = ShadowVersion is null ? null : new TrafficShadow(ModelVersionRef.Parse(ShadowVersion), ShadowShare)
        {
            Tolerance = ShadowTolerance ?? DefaultTolerance,
        },
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

        return document is { Format: 1 or 2 } ? document : throw new CorruptDataException($"A stored traffic policy has format {document?.Format}; this version reads formats 1 and 2.");
    }

    /// <summary>The document of a policy that follows this one: units move only as far as the new weights demand.</summary>
    public TrafficDocument Next(TrafficPolicy policy)
    {
        var total = policy.Shares.Sum(share => share.Weight);
        var kind = policy.Kind == Implied([.. policy.Shares.Select(share => share.Variant)]) || policy.Kind == TrafficKind.Split ? (TrafficKind?)null : policy.Kind;
        var tolerance = policy.Shadow?.Tolerance is { } given and not DefaultTolerance ? given : (double?)null;
        return this with
        {
            // What format 1 cannot say must not be half understood by a process that reads no other.
            Format = kind is null && tolerance is null && policy.Ramp is null && policy.Bandit is null ? 1 : 2,
            Kind = kind,
            Ramp = policy.Ramp,
            Bandit = policy.Bandit,
            ShadowTolerance = tolerance,
            Shares = [.. policy.Shares.Select(share => new TrafficShareDocument(share.Version.ToString(), share.Weight / total, share.Variant, share.Alias))],
            Ranges = TrafficRanges.Rebalance(Ranges, [.. policy.Shares.Select(share => (share.Version.ToString(), share.Weight / total))]),
            ShadowVersion = policy.Shadow?.Version.ToString(),
            ShadowShare = policy.Shadow?.Share ?? 0,
        };
    }

    private static TrafficKind Implied(string[] variants) => variants switch
    {
        { Length: 1 } => TrafficKind.Single,
        [TrafficPolicy.Stable, TrafficPolicy.CanaryVariant] => TrafficKind.Canary,
        _ => TrafficKind.Split,
    };
}

/// <summary>A share as stored.</summary>
internal sealed record TrafficShareDocument(string Version, double Weight, string Variant, string? Alias = null);

/// <summary>Units from <paramref name="Start"/> (inclusive) to <paramref name="End"/> (exclusive) of 2^32 belong to a version.</summary>
internal sealed record TrafficRange(long Start, long End, string Version);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(TrafficDocument))]
[JsonSerializable(typeof(InputExample))]
internal sealed partial class ServingJson : JsonSerializerContext;
