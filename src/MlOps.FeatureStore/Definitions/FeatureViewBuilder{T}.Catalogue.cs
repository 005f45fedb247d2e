namespace MlOps.Features;

public sealed partial class FeatureViewBuilder<TRow>
{
    /// <summary>Names the entity that the view describes; its keys must be the view's.</summary>
    /// <param name="entity">The entity.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder<TRow> Entity(Entity entity)
    {
        ArgumentNullException.ThrowIfNull(entity);
        _parts.Notes.Entity = entity;
        return this;
    }

    /// <summary>Says who answers for the view; the owner sees all of it.</summary>
    /// <param name="owner">A user's name, or <c>group:name</c>.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder<TRow> Owner(string owner)
    {
        _parts.Notes.Owner = NoteText.Line("owner", owner, 200);
        return this;
    }

    /// <summary>Adds tags.</summary>
    /// <param name="tags">The tags.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder<TRow> Tag(params IReadOnlyList<string> tags)
    {
        NoteText.AddTags(_parts.Notes.Tags, tags);
        return this;
    }

    /// <summary>Says how sensitive the values are, where a feature does not say otherwise.</summary>
    /// <param name="sensitivity">The class.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder<TRow> Sensitivity(FeatureSensitivity sensitivity)
    {
        _parts.Notes.Sensitivity = sensitivity;
        return this;
    }

    /// <summary>Says that the view should no longer be used. Reading it goes on, with a warning.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="since">Since when.</param>
    /// <param name="replacement">What to use instead.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder<TRow> Deprecate(string reason, Timestamp? since = null, string? replacement = null)
    {
        _parts.Notes.Deprecation = NoteText.Deprecation(reason, since, replacement);
        return this;
    }

    /// <summary>Shares the features of the view that have no shares of their own. Where roles are configured, nothing is shared unless it is said.</summary>
    /// <param name="audience">With whom.</param>
    /// <param name="visibility">How far.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder<TRow> Share(FeatureAudience audience, FeatureVisibility visibility)
    {
        _parts.Notes.Sharing.Add(NoteText.Share(audience, visibility));
        return this;
    }

    /// <summary>Says how old the newest row may be before the catalogue calls the view stale.</summary>
    /// <param name="atMost">The age.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder<TRow> ExpectFreshness(TimeSpan atMost)
    {
        _parts.Notes.ExpectFreshness(atMost);
        return this;
    }

    /// <summary>Says more of features: description, tags, sensitivity, deprecation, sharing.</summary>
    /// <param name="features">A feature's name within the view, such as <c>amount_sum_24h</c>, or the beginning of several with an asterisk, such as <c>amount_*</c>.</param>
    /// <param name="notes">Says it.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder<TRow> Feature(string features, Action<FeatureNotesBuilder> notes)
    {
        _parts.Notes.Describe(features, notes);
        return this;
    }
}
