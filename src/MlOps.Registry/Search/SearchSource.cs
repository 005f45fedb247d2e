namespace MlOps.Registry;

/// <summary>A searched table: what its names stand for, and the order it has by itself. A new kind of value is one more entry here.</summary>
internal sealed class SearchSource
{
    private readonly Dictionary<string, SearchColumn> _attributes = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, SearchRows> _attributeRows = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, SearchRows> _keyed = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, Dictionary<string, SearchTarget>> _groups = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, string> _unsupported = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>What is searched, in the plural.</summary>
    public required string Name { get; init; }

    /// <summary>The table and its alias.</summary>
    public required string Table { get; init; }

    /// <summary>The columns that identify a row, as SQL.</summary>
    public required string[] IdColumns { get; init; }

    /// <summary>The order when none is asked for, and after what is asked for; ends with the identity.</summary>
    public required (string Sql, bool Descending)[] DefaultOrder { get; init; }

    /// <summary>What holds for every search of this table, as SQL; null for nothing. The place for "not deleted".</summary>
    public string? Always { get; init; }

    public SearchSource Attribute(SearchColumn column, params string[] names)
    {
        foreach (var name in names.Prepend(column.Name))
            _attributes.Add(name, column);
        return this;
    }

    public SearchSource Attribute(SearchRows rows, params string[] names)
    {
        foreach (var name in names.Prepend(rows.Name))
            _attributeRows.Add(name, rows);
        return this;
    }

    /// <summary>An entity with keys of the user: <c>metrics.auc</c>.</summary>
    public SearchSource Keyed(SearchRows rows, params string[] entities)
    {
        foreach (var entity in entities.Prepend(rows.Name))
            _keyed.Add(entity, rows);
        return this;
    }

    /// <summary>An entity with fixed names: <c>dataset.digest</c>.</summary>
    public SearchSource Group(string[] entities, params (string Name, SearchTarget Target)[] members)
    {
        var group = members.ToDictionary(member => member.Name, member => member.Target, StringComparer.OrdinalIgnoreCase);
        foreach (var entity in entities)
            _groups.Add(entity, group);
        return this;
    }

    /// <summary>A name that others know and this store does not have.</summary>
    public SearchSource Lacks(string name, string instead)
    {
        _unsupported.Add(name, instead);
        return this;
    }

    /// <summary>What a name stands for.</summary>
    /// <exception cref="InvalidInputException">There is no such name; the message has the nearest.</exception>
    public SearchTarget Bind(SearchField field)
    {
        if (field.Entity.Length == 0 || field.Entity.ToLowerInvariant() is "attribute" or "attributes" or "attr" || (field.Entity.Equals("run", StringComparison.OrdinalIgnoreCase) && Name == "runs"))
            return BindAttribute(field);
        if (_keyed.TryGetValue(field.Entity, out var rows))
        {
            if (field.Key.Length > RegistryLimits.FieldNameLength)
                throw new InvalidInputException($"The key at position {field.Position + 1} of the filter has {field.Key.Length} characters; at most {RegistryLimits.FieldNameLength} exist.");
            return rows with { Key = field.Key, Name = $"{rows.Name}.{NameRules.Shown(field.Key)}" };
        }

        if (_groups.TryGetValue(field.Entity, out var group))
        {
            return group.TryGetValue(field.Key, out var member)
                ? member
                : throw new InvalidInputException($"'{field.Shown}' at position {field.Position + 1} of the filter is not known. {NearestNames.Describe(NameRules.Shown(field.Key), group.Keys)}");
        }

        throw new InvalidInputException(
            $"'{NameRules.Shown(field.Entity)}' of '{field.Shown}' at position {field.Position + 1} of the filter is no part of {Name}. {NearestNames.Describe(NameRules.Shown(field.Entity), Entities())}");
    }

    /// <summary>The entity that a lone name of a projection stands for, or null.</summary>
    public SearchRows? WholeEntity(SearchField field) => field.Entity.Length == 0 ? _keyed.GetValueOrDefault(field.Key) : null;

    private SearchTarget BindAttribute(SearchField field)
    {
        if (_attributes.TryGetValue(field.Key, out var column))
            return column;
        if (_attributeRows.TryGetValue(field.Key, out var rows))
            return rows;
        if (_unsupported.TryGetValue(field.Key, out var instead))
            throw new InvalidInputException($"'{field.Shown}' at position {field.Position + 1} of the filter: {instead}");
        if (_keyed.ContainsKey(field.Key) || _groups.ContainsKey(field.Key))
            throw new InvalidInputException($"'{field.Shown}' at position {field.Position + 1} of the filter needs a key: {NameRules.Shown(field.Key)}.name.");
        throw new InvalidInputException(
            $"{Name} have no attribute '{NameRules.Shown(field.Key)}' (position {field.Position + 1} of the filter). " +
            NearestNames.Describe(NameRules.Shown(field.Key), _attributes.Keys.Concat(_attributeRows.Keys).Concat(Entities().Select(entity => entity + "."))));
    }

    private IEnumerable<string> Entities() => _keyed.Keys.Concat(_groups.Keys).Append("attributes");
}
