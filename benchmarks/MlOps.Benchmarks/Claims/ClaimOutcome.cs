using System.Text.Json.Serialization;

namespace MlOps.Benchmarks.Claims;

/// <summary>A claim and how it came out, as it is written to JSON.</summary>
public sealed record ClaimOutcome
{
    public required string Name { get; init; }

    public required string What { get; init; }

    public required string Bound { get; init; }

    /// <summary>Null where the measurement failed or gave no finite number.</summary>
    public double? Measured { get; init; }

    public required string Display { get; init; }

    public required bool Held { get; init; }

    public string? Error { get; init; }

    public double Seconds { get; init; }

    public IReadOnlyList<ClaimDetail> Details { get; init; } = [];

    public required string Machine { get; init; }

    public required DateOnly Date { get; init; }

    [JsonIgnore]
    public string Verdict => Held ? "held" : Error is null ? "FELL SHORT" : "FAILED";
}
