namespace MlOps.Registry;

/// <summary>A row that was found: its identity and the values that it is ordered by.</summary>
internal sealed record SearchHit(object[] Id, object[] Keys);

/// <summary>A page of what was found, and where the next one begins.</summary>
internal sealed record SearchPage(IReadOnlyList<SearchHit> Hits, string? NextCursor);
