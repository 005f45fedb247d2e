namespace MlOps.Serving;

/// <summary>Applies the rules for missing and stale features to the part of a row that was looked up.</summary>
internal sealed record LookupRule(MissingRule OnMissing, TimeSpan? MaximumAge, MissingRule OnStale)
{
    /// <summary>Whether anything is to be done at all.</summary>
    public bool IsNeeded => OnMissing != MissingRule.Pass || MaximumAge is not null;

    public bool Degrades => OnMissing == MissingRule.Degrade || (MaximumAge is not null && OnStale == MissingRule.Degrade);

    public static LookupRule Of(FeatureLookup lookup) => new(lookup.OnMissing, lookup.MaximumAge, lookup.OnStale ?? lookup.OnMissing);

    /// <summary>Checks what the rule needs from its surroundings.</summary>
    public void Validate(IFeatureVectorSource source, string endpoint, bool hasFallbacks)
    {
        if (MaximumAge is { } age && age <= TimeSpan.Zero)
            throw new InvalidDefinitionException($"Endpoint '{endpoint}': the maximum age {age} of features of '{source.Id}' is not allowed: it is positive.");
        if (MaximumAge is not null && !source.KnowsAges)
            throw new InvalidDefinitionException($"Endpoint '{endpoint}' limits the age of features of '{source.Id}', which does not know ages. Leave MaximumAge out, or bound their age by the time to live of the feature view.");
        if (Degrades && !hasFallbacks)
            throw new InvalidDefinitionException($"Endpoint '{endpoint}' degrades when features of '{source.Id}' are missing or stale, but has nothing to fall back to: set ServingOptions.Policies' ResilienceOptions.Fallbacks.");
    }

    /// <summary>Reads the features, with their ages only where a rule asks for them, and applies the rules.</summary>
    /// <returns>Why the request must degrade; null where it goes on.</returns>
    /// <exception cref="InvalidInputException">A rule rejects the request.</exception>
    public async ValueTask<string?> ReadAsync(
        IFeatureVectorSource source, ReadOnlyMemory<string> keys, ReadOnlyMemory<FeatureValue> request, Timestamp asOf, Memory<float> features, CancellationToken cancellationToken)
    {
        if (MaximumAge is not { } limit)
        {
            await source.ReadAsync(keys, request, asOf, features, cancellationToken).ConfigureAwait(false);
            return Apply(source, features.Span, default, 0);
        }

        var ages = System.Buffers.ArrayPool<long>.Shared.Rent(features.Length);
        try
        {
            await source.ReadWithAgesAsync(keys, request, asOf, features, ages.AsMemory(0, features.Length), cancellationToken).ConfigureAwait(false);
            return Apply(source, features.Span, ages.AsSpan(0, features.Length), limit.Ticks / TimeSpan.TicksPerMicrosecond);
        }
        finally
        {
            System.Buffers.ArrayPool<long>.Shared.Return(ages);
        }
    }

    private string? Apply(IFeatureVectorSource source, Span<float> features, ReadOnlySpan<long> ages, long limit)
    {
        string? degraded = null;
        for (var i = 0; i < features.Length; i++)
        {
            var missing = float.IsNaN(features[i]);
            if (!missing && (ages.IsEmpty || ages[i] <= limit))
                continue;
            var rule = missing ? OnMissing : OnStale;
            var name = source.FeatureNames[i];
            if (rule == MissingRule.Reject)
                throw new InvalidInputException(missing
                    ? $"Feature '{name}' of service '{source.Id}' is missing for these keys. Materialise it, or give the look-up a default."
                    : $"Feature '{name}' of service '{source.Id}' is {TimeSpan.FromMicroseconds(ages[i])} old; at most {MaximumAge} is allowed. Refresh it, or raise MaximumAge.");
            if (rule == MissingRule.Degrade)
                degraded ??= missing ? AnswerReasons.MissingFeatures : AnswerReasons.StaleFeatures;
            else if (rule != MissingRule.Pass)
                features[i] = rule.Values is { } values && values.TryGetValue(name, out var own) ? own : rule.Value;
            else if (!missing)
                features[i] = float.NaN;
        }

        return degraded;
    }
}
