namespace MlOps.Features;

/// <summary>What the builders collect and check.</summary>
internal sealed partial class FeatureViewParts(string name)
{
    public string Name { get; } = DefinitionText.CheckName("feature view", name);
    public int Version { get; set; } = 1;
    public string? Description { get; set; }
    public DataChecks? Checks { get; set; }
    public ViewNotes Notes { get; } = new();
    public List<FeatureKey> Keys { get; } = [];
    public string? EventTime { get; set; }
    public string? AvailableAt { get; set; }
    public IReadOnlyList<FeatureWindow> Windows { get; set; } = [];
    public TimeSpan? TimeToLive { get; set; }
    public TimeSpan Lag { get; set; }
    public TimeSpan? Retention { get; set; }
    public bool IsUpsert { get; set; }
    public List<DerivedColumn> Derived { get; } = [];
    public List<AggregatedColumn> Aggregations { get; } = [];
    public List<LastValueColumn> LastValues { get; } = [];

    public void Aggregate(string column, string name, int scale, IReadOnlyList<FeatureAggregate> functions, DataType type, IReadOnlyList<FeatureWindow> windows) =>
        Aggregations.Add(new AggregatedColumn
        {
            Name = DefinitionText.CheckName("aggregation", name),
            Column = column,
            Scale = scale,
            Type = type,
            Functions = [.. functions],
            Windows = windows.Count > 0 ? [.. windows] : Windows,
        });

    public void LastValue(string column, string name, TimeSpan? timeToLive, DataType type) =>
        LastValues.Add(new LastValueColumn { Name = DefinitionText.CheckName("feature", name), Column = column, Type = type, TimeToLive = timeToLive });

    public void Derive(string name, IReadOnlyList<string> inputs, Func<ReadOnlySpan<double>, double> compute, string version)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(compute);
        ArgumentException.ThrowIfNullOrEmpty(version);
        Derived.Add(new DerivedColumn(DefinitionText.CheckName("derived column", name), [.. inputs], compute, version));
    }

    public void Check()
    {
        if (Keys.Count == 0 && Notes is { GivesKeys: true, Entity: { } entity })
            Keys.AddRange(entity.Keys.Select(key => new FeatureKey(key, key)));
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
            if (aggregation.Functions.Count == 0)
                mistakes.Add($"aggregation '{aggregation.Name}' has no functions: pass at least one, for instance AggregateFunction.Mean");
            mistakes.AddRange(aggregation.Functions.Select(function => function.Mistake()).OfType<string>().Select(mistake => $"aggregation '{aggregation.Name}': {mistake}"));
            if (aggregation.Scale is < 1 or > 1_000_000_000)
                mistakes.Add($"aggregation '{aggregation.Name}' has scale {aggregation.Scale}: choose 1 to 1,000,000,000 units per 1.0");
            if (aggregation.Type is not (DataType.Float32 or DataType.Float64))
                mistakes.Add($"aggregation '{aggregation.Name}' has type {aggregation.Type}: choose Float32 or Float64");
        }

        CheckTimes(mistakes);
        CheckDerived(mistakes);
        if (mistakes.Count == 0)
        {
            var twice = ViewPlan.NamesOf(Aggregations, LastValues).GroupBy(name => name, StringComparer.Ordinal).Where(group => group.Count() > 1).Select(group => group.Key).ToArray();
            if (twice.Length > 0)
                mistakes.Add($"feature name(s) {string.Join(", ", twice)} stand twice");
        }

        if (mistakes.Count > 0)
            throw new InvalidDefinitionException($"Feature view '{Name}': {string.Join("; ", mistakes)}.");
    }

    private void CheckTimes(List<string> mistakes)
    {
        for (var i = 0; i < LastValues.Count; i++)
        {
            var last = LastValues[i];
            if (last.TimeToLive is null && TimeToLive is not null)
                LastValues[i] = last = last with { TimeToLive = TimeToLive };
            if (last.TimeToLive is { } ttl && (ttl <= TimeSpan.Zero || ttl > TimeSpan.FromDays(36600)))
                mistakes.Add($"feature '{last.Name}' has a time to live of {ttl}: choose a positive duration up to 100 years, or null for ever");
            if (!PlainValues.IsKept(last.Type))
                mistakes.Add($"feature '{last.Name}' has type {last.Type}: choose Boolean, Int64, Float32, Float64, String or Timestamp");
        }

        if (Lag < TimeSpan.Zero || Lag > TimeSpan.FromDays(366))
            mistakes.Add($"its lag is {Lag}: choose 0 to 366 days");
        if (Retention is not { } kept)
            return;
        if (kept <= TimeSpan.Zero)
            mistakes.Add($"it retains rows for {kept}: choose a positive duration, or leave it out to retain all");
        var reach = Aggregations.SelectMany(aggregation => aggregation.Windows).Select(window => window.Kind switch
        {
            FeatureWindowKind.Lifetime => TimeSpan.MaxValue,
            FeatureWindowKind.Tumbling => 2 * window.Length,
            _ => window.Length + window.Hop,
        }).Concat(LastValues.Select(last => last.TimeToLive ?? TimeSpan.Zero)).DefaultIfEmpty().Max();
        if (kept < reach)
            mistakes.Add($"it retains rows for {kept}, but its features reach back {(reach == TimeSpan.MaxValue ? "for ever" : reach.ToString())}: retain longer, or shorten windows and times to live");
    }

    private void CheckDerived(List<string> mistakes)
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var column in Derived)
        {
            if (column.Inputs.Count is 0 or > 64)
                mistakes.Add($"derived column '{column.Name}' has {column.Inputs.Count} inputs: name 1 to 64");
            if (column.Inputs.FirstOrDefault(input => !known.Contains(input) && Derived.Any(other => other.Name == input)) is { } later)
                mistakes.Add($"derived column '{column.Name}' uses '{later}' before it is derived: change their order");
            if (!known.Add(column.Name))
                mistakes.Add($"derived column '{column.Name}' stands twice");
        }
    }
}
