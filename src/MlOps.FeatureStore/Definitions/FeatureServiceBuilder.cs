namespace MlOps.Features;

/// <summary>Defines a feature service.</summary>
public sealed partial class FeatureServiceBuilder
{
    private readonly string _name;
    private readonly List<FeatureServiceView> _views = [];
    private string? _description;

    internal FeatureServiceBuilder(string name) => _name = DefinitionText.CheckName("feature service", name);

    /// <summary>Says what the service is for.</summary>
    /// <param name="description">The text.</param>
    /// <returns>This builder.</returns>
    public FeatureServiceBuilder Describe(string description)
    {
        _description = description;
        return this;
    }

    /// <summary>Adds the features of a view.</summary>
    /// <param name="view">The view's name.</param>
    /// <param name="features">Which, in order; all when left out.</param>
    /// <param name="keys">The column of each key that is not called as the key; for instance <c>["airport"] = "origin"</c>.</param>
    /// <param name="alias">What the features' names begin with; the view's name when left out.</param>
    /// <returns>This builder.</returns>
    public FeatureServiceBuilder View(
        string view, IReadOnlyList<string>? features = null, IReadOnlyDictionary<string, string>? keys = null, string? alias = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(view);
        _views.Add(new FeatureServiceView(
            view, DefinitionText.CheckName("alias", alias ?? view), keys ?? new Dictionary<string, string>(StringComparer.Ordinal), features is null ? null : [.. features]));
        return this;
    }

    /// <summary>Finishes the definition; whether its views and features exist is checked when the store starts.</summary>
    /// <returns>The service.</returns>
    /// <exception cref="InvalidDefinitionException">It has no views, or two with one alias.</exception>
    public FeatureService Build()
    {
        if (_views.Count == 0)
            throw new InvalidDefinitionException($"Feature service '{_name}' has no views: call View(...).");
        if (_views.GroupBy(view => view.Alias, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new InvalidDefinitionException($"Feature service '{_name}' uses '{twice.Key}' twice: give one of them an alias.");
        return new FeatureService(_name, _description, [.. _views])
        {
            Version = _version,
            Owner = _owner,
            Tags = [.. _tags],
            RequestInputs = [.. _requests],
            Computed = [.. _computed],
            HiddenFeatures = [.. _hidden.Distinct(StringComparer.Ordinal)],
        };
    }
}
