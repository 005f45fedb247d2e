namespace MlOps.Features;

/// <summary>Says more of one feature, or of several whose names begin alike, than how it is computed. What is said later overrides.</summary>
public sealed class FeatureNotesBuilder
{
    private readonly List<string> _tags = [];
    private string? _description;
    private FeatureSensitivity? _sensitivity;
    private FeatureDeprecation? _deprecation;
    private List<FeatureShare>? _sharing;

    internal FeatureNotesBuilder(string name) => Name = name;

    internal string Name { get; }

    /// <summary>Says what the feature means.</summary>
    /// <param name="description">The text.</param>
    /// <returns>This builder.</returns>
    public FeatureNotesBuilder Describe(string description)
    {
        _description = NoteText.Text("description", description);
        return this;
    }

    /// <summary>Adds tags.</summary>
    /// <param name="tags">The tags.</param>
    /// <returns>This builder.</returns>
    public FeatureNotesBuilder Tag(params IReadOnlyList<string> tags)
    {
        NoteText.AddTags(_tags, tags);
        return this;
    }

    /// <summary>Says how sensitive the values are.</summary>
    /// <param name="sensitivity">The class.</param>
    /// <returns>This builder.</returns>
    public FeatureNotesBuilder Sensitivity(FeatureSensitivity sensitivity)
    {
        _sensitivity = sensitivity;
        return this;
    }

    /// <summary>Says that the feature should no longer be used.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="since">Since when.</param>
    /// <param name="replacement">What to use instead.</param>
    /// <returns>This builder.</returns>
    public FeatureNotesBuilder Deprecate(string reason, Timestamp? since = null, string? replacement = null)
    {
        _deprecation = NoteText.Deprecation(reason, since, replacement);
        return this;
    }

    /// <summary>Shares the feature. Its first share replaces all shares of the view for this feature, whether they go further or less far.</summary>
    /// <param name="audience">With whom.</param>
    /// <param name="visibility">How far.</param>
    /// <returns>This builder.</returns>
    public FeatureNotesBuilder Share(FeatureAudience audience, FeatureVisibility visibility)
    {
        (_sharing ??= []).Add(NoteText.Share(audience, visibility));
        return this;
    }

    /// <summary>Shares the feature with nobody, whatever the view says: only administrators and the view's owner see it.</summary>
    /// <returns>This builder.</returns>
    public FeatureNotesBuilder Close()
    {
        _sharing = [];
        return this;
    }

    internal FeatureNotes ApplyTo(FeatureNotes notes) => notes with
    {
        Description = _description ?? notes.Description,
        Tags = [.. notes.Tags.Concat(_tags).Distinct(StringComparer.OrdinalIgnoreCase)],
        Sensitivity = _sensitivity ?? notes.Sensitivity,
        Deprecation = _deprecation ?? notes.Deprecation,
        Sharing = _sharing is null ? notes.Sharing : [.. _sharing],
    };
}
