namespace MlOps.Features;

/// <summary>The columns that a view reads, and as what: the one place where sources learn it.</summary>
internal sealed class SourceColumns
{
    public SourceColumns(ViewPlan plan)
    {
        What = $"Feature view '{plan.View.Name}'";
        var columns = new Dictionary<string, SourceColumnKind>(StringComparer.Ordinal);
        foreach (var key in plan.View.Keys)
            columns[key.Column] = SourceColumnKind.Key;
        columns[plan.View.EventTimeColumn] = SourceColumnKind.Time;
        if (plan.View.AvailableAtColumn is { } available)
            columns.TryAdd(available, SourceColumnKind.OptionalTime);
        foreach (var (column, type) in plan.Plain)
            columns.TryAdd(column, KindOf(type));
        foreach (var column in plan.Fixed.Select(column => column.Column).Concat(plan.View.Derived.SelectMany(derived => derived.Inputs)))
            columns.TryAdd(column, SourceColumnKind.Value);
        // What is only counted is taken as it is written.
        foreach (var column in plan.Hashed)
            columns.TryAdd(column, SourceColumnKind.Text);
        foreach (var derived in plan.View.Derived)
            columns.Remove(derived.Name);
        All = columns;
    }

    public string What { get; }

    public IReadOnlyDictionary<string, SourceColumnKind> All { get; }

    private static SourceColumnKind KindOf(DataType type) => type switch
    {
        DataType.String => SourceColumnKind.Text,
        DataType.Timestamp => SourceColumnKind.OptionalTime,
        DataType.Int64 => SourceColumnKind.Integer,
        DataType.Boolean => SourceColumnKind.Flag,
        _ => SourceColumnKind.Value,
    };

    /// <summary>Makes the columns of one batch.</summary>
    public SourceColumn[] Begin(string source, bool assumeUtc) => [.. All.Select(pair => new SourceColumn($"{What}: {source}", pair.Key, pair.Value, assumeUtc))];

    /// <summary>Finds each column among the names that a source has.</summary>
    public int[] Places(IReadOnlyList<string> names, string source)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < names.Count; i++)
        {
            if (!places.TryAdd(names[i], i))
                throw new InvalidInputException($"{What}: {source} has two columns '{names[i]}'. Rename one of them.");
        }

        var missing = All.Keys.Where(name => !places.ContainsKey(name)).ToArray();
        if (missing.Length > 0)
            throw new InvalidInputException(
                $"{What}: {source} lacks column(s) {string.Join(", ", missing.Select(name => $"'{name}'"))}. It has {string.Join(", ", names.Select(name => $"'{name}'"))}. Rename or add them.");
        return [.. All.Keys.Select(name => places[name])];
    }
}
