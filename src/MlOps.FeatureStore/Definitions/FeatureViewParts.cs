namespace MlOps.Features;

/// <summary>What the builders collect and check.</summary>
internal sealed partial class FeatureViewParts(string name)
{
    public string Name { get; } = DefinitionText.CheckName("feature view", name);
    public int Version { get; set; } = 1;
    public string? Description { get; set; }
    public DataChecks? Checks { get; set; }
    public List<FeatureKey> Keys { get; } = [];
    public string? EventTime { get; set; }
    public string? AvailableAt { get; set; }
    public IReadOnlyList<FeatureWindow> Windows { get; set; } = [];
    public List<AggregatedColumn> Aggregations { get; } = [];
    public List<LastValueColumn> LastValues { get; } = [];

    public void Aggregate(string column, string name, int scale, IReadOnlyList<AggregateFunction> functions, IReadOnlyList<FeatureWindow> windows) =>
        Aggregations.Add(new AggregatedColumn
        {
            Name = DefinitionText.CheckName("aggregation", name),
            Column = column,
            Scale = scale,
            Functions = [.. functions],
            Windows = windows.Count > 0 ? [.. windows] : Windows,
        });

    public void LastValue(string column, string name, TimeSpan? timeToLive) =>
        LastValues.Add(new LastValueColumn { Name = DefinitionText.CheckName("feature", name), Column = column, TimeToLive = timeToLive });

    public void Check()
    {
        var mistakes = new List<string>();
        if (Version < 1)
            mistakes.Add($"version {Version} is not positive");
        if (Keys.Count is 0 or > 8)
            mistakes.Add($"it has {Keys.Count} keys: call Key(...) one to eight times");
        if (Keys.Select(key => key.Name).Distinct(StringComparer.Ordinal).Count() != Keys.Count)
            mistakes.Add("two keys have the same name");
        if (EventTime is null)
            mistakes.Add("it has no event time: call EventTime(...)");
        if (Aggregations.Count == 0 && LastValues.Count == 0)
            mistakes.Add("it has no features: call Aggregate(...) or LastValue(...)");
        foreach (var aggregation in Aggregations)
        {
            if (aggregation.Windows.Count == 0)
                mistakes.Add($"aggregation '{aggregation.Name}' has no windows: pass them, or call Windows(...) before it");
            if (aggregation.Functions.Count == 0 || aggregation.Functions.Any(function => !Enum.IsDefined(function)))
                mistakes.Add($"aggregation '{aggregation.Name}' needs at least one of Count, Sum, Mean");
            if (aggregation.Scale is < 1 or > 1_000_000_000)
                mistakes.Add($"aggregation '{aggregation.Name}' has scale {aggregation.Scale}: choose 1 to 1,000,000,000 units per 1.0");
        }

        foreach (var last in LastValues)
        {
            if (last.TimeToLive is { } ttl && (ttl <= TimeSpan.Zero || ttl > TimeSpan.FromDays(36600)))
                mistakes.Add($"feature '{last.Name}' has a time to live of {ttl}: choose a positive duration up to 100 years, or null for ever");
        }

        if (mistakes.Count == 0)
        {
            var twice = ViewPlan.NamesOf(Aggregations, LastValues).GroupBy(name => name, StringComparer.Ordinal).Where(group => group.Count() > 1).Select(group => group.Key).ToArray();
            if (twice.Length > 0)
                mistakes.Add($"feature name(s) {string.Join(", ", twice)} stand twice");
        }

        if (mistakes.Count > 0)
            throw new InvalidDefinitionException($"Feature view '{Name}': {string.Join("; ", mistakes)}.");
    }
}
