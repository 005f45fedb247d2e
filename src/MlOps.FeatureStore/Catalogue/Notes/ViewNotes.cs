namespace MlOps.Features;

/// <summary>What the builders of a view collect for the catalogue.</summary>
internal sealed class ViewNotes
{
    public Entity? Entity { get; set; }

    /// <summary>Whether a view without keys takes those of its entity: where columns are found by name.</summary>
    public bool GivesKeys { get; set; }

    public string? Owner { get; set; }

    public List<string> Tags { get; } = [];

    public FeatureSensitivity Sensitivity { get; set; } = FeatureSensitivity.Internal;

    public FeatureDeprecation? Deprecation { get; set; }

    public List<FeatureShare> Sharing { get; } = [];

    public TimeSpan? ExpectedFreshness { get; set; }

    public List<FeatureNotesBuilder> Features { get; } = [];

    public void ExpectFreshness(TimeSpan atMost) => ExpectedFreshness = atMost > TimeSpan.Zero
        ? atMost
        : throw new InvalidDefinitionException($"A freshness of {atMost} cannot be expected: choose a positive duration.");

    public void Describe(string features, Action<FeatureNotesBuilder> notes)
    {
        ArgumentException.ThrowIfNullOrEmpty(features);
        ArgumentNullException.ThrowIfNull(notes);
        var builder = new FeatureNotesBuilder(features);
        notes(builder);
        Features.Add(builder);
    }

    /// <summary>The notes of every feature. A name that ends with an asterisk speaks of all features that begin so; what names one feature alone overrides it.</summary>
    public IReadOnlyList<FeatureNotes> Resolve(string view, IReadOnlyList<FeatureKey> keys, IReadOnlyList<string> names)
    {
        var mistakes = new List<string>();
        if (Entity is { } entity && !entity.Keys.SequenceEqual(keys.Select(key => key.Name), StringComparer.Ordinal))
            mistakes.Add($"its keys are {string.Join(", ", keys.Select(key => $"'{key.Name}'"))}, but entity '{entity.Name}' has {string.Join(", ", entity.Keys.Select(key => $"'{key}'"))}");
        mistakes.AddRange(Features.Where(notes => !names.Any(name => Speaks(notes, name)))
            .Select(notes => $"it has no feature '{notes.Name}' to say more of. {NearestNames.Describe(notes.Name, names)}"));
        if (mistakes.Count > 0)
            throw new InvalidDefinitionException($"Feature view '{view}': {string.Join("; ", mistakes)}");
        return
        [
            .. names.Select(name => Features.Where(notes => Speaks(notes, name)).OrderBy(notes => notes.Name.EndsWith('*') ? 0 : 1).Aggregate(
                new FeatureNotes { Name = name, Sensitivity = Sensitivity, Deprecation = Deprecation, Sharing = [.. Sharing] }, (notes, more) => more.ApplyTo(notes))),
        ];
    }

    private static bool Speaks(FeatureNotesBuilder notes, string feature) =>
        notes.Name.EndsWith('*') ? feature.StartsWith(notes.Name[..^1], StringComparison.Ordinal) : notes.Name == feature;
}
