namespace MlOps.Serving;

/// <summary>Where each feature of a model comes from when a caller sends keys: the feature service, or the request itself.</summary>
internal sealed class BoundLookup
{
    private readonly int[] _sourceOf;
    private readonly HashSet<string> _inputs;

    public BoundLookup(IReadOnlyList<string> names, IFeatureVectorSource source, LookupRule rule)
    {
        Names = names;
        Source = source;
        Rule = rule;
        var found = source.FeatureNames.Select((name, i) => (name, i)).ToDictionary(pair => pair.name, pair => pair.i, StringComparer.Ordinal);
        _sourceOf = [.. names.Select(name => found.GetValueOrDefault(name, -1))];
        _inputs = source.RequestInputs.Select(input => input.Name).ToHashSet(StringComparer.Ordinal);
    }

    public IReadOnlyList<string> Names { get; }

    public IFeatureVectorSource Source { get; }

    public LookupRule Rule { get; }

    public string[] KeysOf(string endpoint, IReadOnlyDictionary<string, string> keys)
    {
        if (keys.Keys.FirstOrDefault(key => !Source.KeyNames.Contains(key)) is { } unknown)
            throw new InvalidInputException($"Feature service '{Source.Id}' of endpoint '{endpoint}' has no key '{unknown}'. {NearestNames.Describe(unknown, Source.KeyNames)}");
        return
        [
            .. Source.KeyNames.Select(name => keys.TryGetValue(name, out var key) && key is not null
                ? key
                : throw new InvalidInputException($"A request to endpoint '{endpoint}' lacks key '{name}' of feature service '{Source.Id}'.")),
        ];
    }

    public FeatureValue[] RequestOf(IReadOnlyDictionary<string, FeatureValue>? request) =>
    [
        .. Source.RequestInputs.Select(input => request is not null && request.TryGetValue(input.Name, out var value) ? value : FeatureValue.None(input.Type)),
    ];

    /// <summary>Writes the features that the request carries itself.</summary>
    public void Fill(string endpoint, IReadOnlyDictionary<string, FeatureValue>? request, Span<float> row)
    {
        for (var i = 0; i < row.Length; i++)
        {
            if (_sourceOf[i] < 0)
                row[i] = request is not null && request.TryGetValue(Names[i], out var value)
                    ? value.ToSingle()
                    : throw new InvalidInputException($"Feature '{Names[i]}' of endpoint '{endpoint}' comes neither from service '{Source.Id}' nor with the request: send it.");
        }

        foreach (var name in request?.Keys ?? [])
        {
            if (!_inputs.Contains(name) && (IndexOf(name) is var at && (at < 0 || _sourceOf[at] >= 0)))
                throw new InvalidInputException(
                    $"'{name}' is neither an input of service '{Source.Id}' nor a feature that endpoint '{endpoint}' takes from the request. {NearestNames.Describe(name, _inputs.Concat(Names))}");
        }
    }

    /// <summary>Writes the looked-up features to their places.</summary>
    public void Place(ReadOnlySpan<float> values, Span<float> row)
    {
        for (var i = 0; i < row.Length; i++)
        {
            if (_sourceOf[i] >= 0)
                row[i] = values[_sourceOf[i]];
        }
    }

    private int IndexOf(string name)
    {
        for (var i = 0; i < Names.Count; i++)
        {
            if (Names[i] == name)
                return i;
        }

        return -1;
    }
}
