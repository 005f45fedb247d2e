namespace MlOps.Features;

/// <summary>What the catalogue stores of a version of a view besides its definition. Written and read as JSON.</summary>
internal sealed record ViewDocument
{
    public string? Description { get; init; }

    public string? Owner { get; init; }

    public EntityDocument? Entity { get; init; }

    public KeyDocument[] Keys { get; init; } = [];

    public string[] Tags { get; init; } = [];

    public FeatureSensitivity Sensitivity { get; init; }

    public DeprecationDocument? Deprecation { get; init; }

    public string[] Sharing { get; init; } = [];

    /// <summary>In microseconds.</summary>
    public long? Freshness { get; init; }

    public FeatureDocument[] Features { get; init; } = [];

    public static ViewDocument Of(FeatureView view) => new()
    {
        Description = view.Description,
        Owner = view.Owner,
        Entity = view.Entity is { } entity ? new EntityDocument(entity.Name, entity.Description) : null,
        Keys = [.. view.Keys.Select(key => new KeyDocument(key.Name, key.Column))],
        Tags = [.. view.Tags],
        Sensitivity = view.Sensitivity,
        Deprecation = DeprecationDocument.Of(view.Deprecation),
        Sharing = Texts(view.Sharing),
        Freshness = view.ExpectedFreshness?.Ticks / 10,
        Features =
        [
            .. view.Features.Select(feature => new FeatureDocument
            {
                Name = feature.Name,
                Type = FormulaText.TypeOf(view, feature.Name),
                Formula = FormulaText.Of(view, feature.Name),
                Description = feature.Description,
                Tags = [.. feature.Tags],
                Sensitivity = feature.Sensitivity,
                Deprecation = DeprecationDocument.Of(feature.Deprecation),
                Sharing = Texts(feature.Sharing),
            }),
        ],
    };

    /// <summary>What may change freely, by name, for the history.</summary>
    public Dictionary<(string Feature, string Field), string> Facts()
    {
        var facts = new Dictionary<(string, string), string>();
        Add(facts, "", "description", Description);
        Add(facts, "", "owner", Owner);
        Add(facts, "", "entity", Entity?.Name);
        Add(facts, "", "entity description", Entity?.Description);
        Add(facts, "", "tags", string.Join(", ", Tags));
        Add(facts, "", "sensitivity", Sensitivity.ToString());
        Add(facts, "", "deprecation", Deprecation?.ToDeprecation().ToString());
        Add(facts, "", "sharing", string.Join(", ", Sharing));
        Add(facts, "", "expected freshness", Freshness is { } age ? TimeSpan.FromMicroseconds(age).ToString() : null);
        foreach (var feature in Features)
        {
            Add(facts, feature.Name, "description", feature.Description);
            Add(facts, feature.Name, "tags", string.Join(", ", feature.Tags));
            Add(facts, feature.Name, "sensitivity", feature.Sensitivity.ToString());
            Add(facts, feature.Name, "deprecation", feature.Deprecation?.ToDeprecation().ToString());
            Add(facts, feature.Name, "sharing", string.Join(", ", feature.Sharing));
        }

        return facts;
    }

    internal static void Add(Dictionary<(string, string), string> facts, string feature, string field, string? value)
    {
        if (!string.IsNullOrEmpty(value))
            facts.Add((feature, field), value);
    }

    private static string[] Texts(IReadOnlyList<FeatureShare> sharing) => [.. sharing.Select(share => $"{share.Visibility} {share.Audience}")];
}
