namespace MlOps.Features;

/// <summary>One fact that changed; an empty feature means the view or the service itself.</summary>
internal sealed record ChangeDocument(string Feature, string Field, string? Before, string? After)
{
    public static ChangeDocument[] Between(Dictionary<(string Feature, string Field), string> before, Dictionary<(string Feature, string Field), string> after) =>
    [
        .. before.Keys.Union(after.Keys).Where(fact => before.GetValueOrDefault(fact) != after.GetValueOrDefault(fact))
            .OrderBy(fact => fact.Feature, StringComparer.Ordinal).ThenBy(fact => fact.Field, StringComparer.Ordinal)
            .Select(fact => new ChangeDocument(fact.Feature, fact.Field, before.GetValueOrDefault(fact), after.GetValueOrDefault(fact))),
    ];
}
