namespace MlOps.Features;

// What the catalogue shows and governance goes by; none of it is part of the hash.
public partial class FeatureView
{
    private readonly Dictionary<string, FeatureNotes> _notes = new(StringComparer.Ordinal);

    /// <summary>What the features describe; null when the view does not say.</summary>
    public Entity? Entity { get; private set; }

    /// <summary>Who answers for the view: a user's name, or <c>group:name</c>. The owner sees all of it.</summary>
    public string? Owner { get; private set; }

    /// <summary>The view's tags.</summary>
    public IReadOnlyList<string> Tags { get; private set; } = [];

    /// <summary>How sensitive the values are, where a feature does not say otherwise.</summary>
    /// <value><see cref="FeatureSensitivity.Internal"/> by default.</value>
    public FeatureSensitivity Sensitivity { get; private set; }

    /// <summary>Why the view should no longer be used; null while it may be.</summary>
    public FeatureDeprecation? Deprecation { get; private set; }

    /// <summary>With whom the features are shared that do not say otherwise. Empty: with nobody but administrators and the owner.</summary>
    public IReadOnlyList<FeatureShare> Sharing { get; private set; } = [];

    /// <summary>How old the newest row may be before the view counts as stale; null when nothing is expected.</summary>
    public TimeSpan? ExpectedFreshness { get; private set; }

    /// <summary>What is said of each feature, in the order of <see cref="FeatureNames"/>.</summary>
    public IReadOnlyList<FeatureNotes> Features { get; private set; } = [];

    /// <summary>What is said of a feature.</summary>
    /// <param name="feature">The feature's name within the view.</param>
    /// <returns>The notes.</returns>
    /// <exception cref="NotFoundException">The view has no such feature.</exception>
    public FeatureNotes NotesOf(string feature)
    {
        ArgumentNullException.ThrowIfNull(feature);
        return _notes.TryGetValue(feature, out var notes)
            ? notes
            : throw new NotFoundException($"Feature view '{Name}' has no feature '{feature}'. {NearestNames.Describe(feature, FeatureNames)}");
    }

    private void Take(ViewNotes notes)
    {
        Entity = notes.Entity;
        Owner = notes.Owner;
        Tags = [.. notes.Tags];
        Sensitivity = notes.Sensitivity;
        Deprecation = notes.Deprecation;
        Sharing = [.. notes.Sharing];
        ExpectedFreshness = notes.ExpectedFreshness;
        Features = notes.Resolve(Name, Keys, FeatureNames);
        foreach (var feature in Features)
            _notes.Add(feature.Name, feature);
    }
}
