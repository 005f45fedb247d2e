namespace MlOps.Serving;

/// <summary>Predictions for callers that send keys: the endpoint looks the features up itself.</summary>
internal sealed partial class Endpoint
{
    private readonly SemaphoreSlim _binding = new(1, 1);
    private BoundLookup? _lookup;

    /// <summary>Finds feature services; null where the environment has none.</summary>
    public IFeatureVectorSourceProvider? Sources { get; init; }

    public async ValueTask<PredictionResult> PredictByKeyAsync(
        IReadOnlyDictionary<string, string> keys, IReadOnlyDictionary<string, FeatureValue>? request, Memory<float> scores, PredictionContext context = default,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        RequirePredict();
        var state = await StateAsync(cancellationToken).ConfigureAwait(false);
        var names = state.Versions[0].Features;
        var bound = Volatile.Read(ref _lookup) is { } ready && ready.Names.SequenceEqual(names) ? ready : await BindLookupAsync(names, cancellationToken).ConfigureAwait(false);
        var row = new float[names.Count];
        bound.Fill(Name, request, row);
        var values = new float[bound.Source.FeatureNames.Count];
        var moment = context.AsOf ?? Timestamp.From(Clock.GetUtcNow());
        string? degraded;
        try
        {
            degraded = await bound.Rule.ReadAsync(bound.Source, bound.KeysOf(Name, keys), bound.RequestOf(request), moment, values, cancellationToken).ConfigureAwait(false);
        }
        catch (InvalidInputException error)
        {
            return new PredictionResult(PredictionStatus.InvalidInput, state.Versions[0].Version, state.Variants[0], default, 0, Error: error);
        }

        bound.Place(values, row);
        context = context with { AsOf = moment };
        return degraded is null
            ? await TryPredictAsync(row, scores, context, cancellationToken).ConfigureAwait(false)
            : await DegradeAsync(row, scores, context, degraded, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<BoundLookup> BindLookupAsync(IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        await _binding.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_lookup is { } ready && ready.Names.SequenceEqual(names))
                return ready;
            if (!options.Policies.Lookups.TryGetValue(Name, out var lookup))
                throw new InvalidDefinitionException($"Endpoint '{Name}' cannot look features up: set ServingOptions.Policies.Lookups[\"{Name}\"] to a feature service.");
            if (names.Count == 0)
                throw new InvalidDefinitionException($"Endpoint '{Name}' cannot look features up: the signature of its model names no features.");
            var source = await (Sources ?? throw new InvalidDefinitionException(
                $"Endpoint '{Name}' looks up features of service '{lookup.Service}', but the environment has no feature store: add one."))
                .GetVectorSourceAsync(lookup.Service, cancellationToken).ConfigureAwait(false);
            var rule = LookupRule.Of(lookup);
            rule.Validate(source, Name, HasFallbacks);
            _lookup = new BoundLookup(names, source, rule);
            return _lookup;
        }
        finally
        {
            _binding.Release();
        }
    }
}
