namespace MlOps.Features;

/// <summary>What features describe: a customer, a card, a route. Views that name the same entity have the same keys.</summary>
public sealed record Entity
{
    /// <summary>An entity.</summary>
    /// <param name="name">Its name: 1 to 100 letters, digits, '_' and '-', beginning with a letter.</param>
    /// <param name="keys">The names of the keys that identify one, in order; one to eight.</param>
    /// <param name="description">What it is.</param>
    /// <exception cref="InvalidDefinitionException">A name is not allowed, or there is no key.</exception>
    public Entity(string name, IReadOnlyList<string> keys, string? description = null)
    {
        ArgumentNullException.ThrowIfNull(keys);
        Name = DefinitionText.CheckName("entity", name);
        if (keys.Count is 0 or > 8)
            throw new InvalidDefinitionException($"Entity '{name}' has {keys.Count} keys: name one to eight.");
        Keys = [.. keys.Select(key => DefinitionText.CheckName("key", key))];
        if (Keys.Distinct(StringComparer.Ordinal).Count() != Keys.Count)
            throw new InvalidDefinitionException($"Entity '{name}' names a key twice ({string.Join(", ", Keys)}).");
        Description = description;
    }

    /// <summary>The entity's name.</summary>
    public string Name { get; }

    /// <summary>The names of its keys, in order.</summary>
    public IReadOnlyList<string> Keys { get; }

    /// <summary>What it is.</summary>
    public string? Description { get; }

    /// <inheritdoc />
    public override string ToString() => $"{Name} ({string.Join(", ", Keys)})";
}
