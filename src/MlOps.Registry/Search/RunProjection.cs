namespace MlOps.Registry;

/// <summary>What of the runs is read: of each kind of value nothing (null), some names, or everything (empty).</summary>
internal sealed record RunProjection(IReadOnlyList<string>? Metrics, IReadOnlyList<string>? Parameters, IReadOnlyList<string>? Tags, bool Inputs, bool Artifacts)
{
    public static RunProjection Everything { get; } = new([], [], [], true, true);

    public static RunProjection Of(IReadOnlyList<SearchField>? fields)
    {
        if (fields is null)
            return Everything;
        if (fields.Count > SearchLimits.Selected)
            throw new InvalidInputException($"The projection has {fields.Count} names; at most {SearchLimits.Selected} are allowed. Select a whole entity, for instance 'metrics'.");
        var named = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        var whole = new HashSet<string>(StringComparer.Ordinal);
        foreach (var field in fields)
        {
            var name = field.Key.ToLowerInvariant();
            if (field.Entity.Length == 0 && name is "inputs" or "datasets" or "artifacts")
            {
                whole.Add(name == "datasets" ? "inputs" : name);
            }
            else if (SearchSources.Runs.WholeEntity(field) is { } entity)
            {
                whole.Add(entity.Name);
            }
            else if (SearchSources.Runs.Bind(field) is SearchRows { Key: { } key } rows)
            {
                var list = rows.Table == SearchSources.RunMetrics.Table ? "metrics" : rows.Table == SearchSources.RunTags.Table ? "tags" : "params";
                if (!named.TryGetValue(list, out var keys))
                    named[list] = keys = [];
                keys.Add(key);
            }
        }

        IReadOnlyList<string>? Chosen(string entity) => whole.Contains(entity) ? [] : named.GetValueOrDefault(entity);
        return new RunProjection(Chosen("metrics"), Chosen("params"), Chosen("tags"), whole.Contains("inputs"), whole.Contains("artifacts"));
    }
}
