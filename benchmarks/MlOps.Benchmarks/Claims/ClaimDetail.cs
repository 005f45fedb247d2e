namespace MlOps.Benchmarks.Claims;

/// <summary>A table that stands under a claim in the documentation.</summary>
public sealed record ClaimDetail(string Title, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows);
