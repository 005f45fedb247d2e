namespace MlOps.Serving;

/// <summary>How requests become a model's input row and its output row an answer. Features stand in the order in which they are declared.</summary>
/// <typeparam name="TIn">The request.</typeparam>
/// <typeparam name="TOut">The answer.</typeparam>
public sealed class ModelBinding<TIn, TOut>
{
    internal List<BindingSegment<TIn>> Segments { get; } = [];

    internal Dictionary<string, Func<TIn, FeatureValue>> RequestValues { get; } = new(StringComparer.Ordinal);

    internal ScoreDecoder<TOut>? Decoder { get; private set; }

    internal Func<TIn, string?>? KeyOf { get; private set; }

    internal Func<TIn, Timestamp>? MomentOf { get; private set; }

    /// <summary>A feature that the request carries.</summary>
    /// <param name="name">Its name in the model's signature.</param>
    /// <param name="read">Reads it from the request; NaN where it is missing.</param>
    /// <returns>This binding.</returns>
    public ModelBinding<TIn, TOut> Feature(string name, Func<TIn, float> read)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(read);
        Segments.Add(new BindingSegment<TIn> { Names = [name], Encode = (input, features) => features[0] = read(input) });
        return this;
    }

    /// <summary>Several features that the request carries, written by one function.</summary>
    /// <param name="names">Their names in the model's signature, in order.</param>
    /// <param name="encode">Writes them.</param>
    /// <returns>This binding.</returns>
    public ModelBinding<TIn, TOut> Encode(IReadOnlyList<string> names, FeatureEncoder<TIn> encode)
    {
        ArgumentNullException.ThrowIfNull(names);
        ArgumentNullException.ThrowIfNull(encode);
        Segments.Add(new BindingSegment<TIn> { Names = [.. names], Encode = encode });
        return this;
    }

    /// <summary>Features that are looked up by key when the request comes, as of its moment.</summary>
    /// <param name="service">The feature service of the same environment; it says which features, in which order.</param>
    /// <param name="keys">Read the entity keys, in the order of the service's key names.</param>
    /// <returns>This binding.</returns>
    public ModelBinding<TIn, TOut> Lookup(string service, params Func<TIn, string>[] keys)
    {
        ArgumentException.ThrowIfNullOrEmpty(service);
        ArgumentNullException.ThrowIfNull(keys);
        Segments.Add(new BindingSegment<TIn> { Service = service, Keys = keys });
        return this;
    }

    /// <summary>What happens when features of the last look-up are missing; without it the model is given NaN.</summary>
    /// <param name="rule">The rule.</param>
    /// <returns>This binding.</returns>
    /// <exception cref="InvalidDefinitionException">No look-up was declared before.</exception>
    public ModelBinding<TIn, TOut> OnMissing(MissingRule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        return Amend(segment => segment with { OnMissing = rule });
    }

    /// <summary>How old features of the last look-up may be at the moment of the request.</summary>
    /// <param name="age">The largest age of a feature's newest event.</param>
    /// <param name="otherwise">What happens to older ones; null means the same as to missing ones.</param>
    /// <returns>This binding.</returns>
    /// <exception cref="InvalidDefinitionException">No look-up was declared before.</exception>
    public ModelBinding<TIn, TOut> MaximumAge(TimeSpan age, MissingRule? otherwise = null) =>
        Amend(segment => segment with { MaximumAge = age, OnStale = otherwise });

    /// <summary>A value that the request brings to the feature services looked up, which compute features from it.</summary>
    /// <param name="name">The name of the services' request input.</param>
    /// <param name="read">Reads it from the request; numbers, flags, texts and moments convert by themselves.</param>
    /// <returns>This binding.</returns>
    /// <exception cref="InvalidDefinitionException">The name stands twice.</exception>
    public ModelBinding<TIn, TOut> Request(string name, Func<TIn, FeatureValue> read)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(read);
        if (!RequestValues.TryAdd(name, read))
            throw new InvalidDefinitionException($"The binding declares request value '{name}' twice.");
        return this;
    }

    /// <summary>The moment that looked-up features are as of; without it, now.</summary>
    /// <param name="read">Reads it from the request.</param>
    /// <returns>This binding.</returns>
    public ModelBinding<TIn, TOut> AsOf(Func<TIn, Timestamp> read)
    {
        MomentOf = read;
        return this;
    }

    /// <summary>Keeps requests of the same key on the same variant.</summary>
    /// <param name="read">Reads the key from the request.</param>
    /// <returns>This binding.</returns>
    public ModelBinding<TIn, TOut> StickyBy(Func<TIn, string?> read)
    {
        KeyOf = read;
        return this;
    }

    /// <summary>What the model's scores mean.</summary>
    /// <param name="decode">Reads them.</param>
    /// <returns>This binding.</returns>
    public ModelBinding<TIn, TOut> Decode(ScoreDecoder<TOut> decode)
    {
        Decoder = decode;
        return this;
    }

    private ModelBinding<TIn, TOut> Amend(Func<BindingSegment<TIn>, BindingSegment<TIn>> change)
    {
        if (Segments.Count == 0 || Segments[^1].Service is null)
            throw new InvalidDefinitionException("OnMissing and MaximumAge belong to a look-up: call them right after Lookup.");
        Segments[^1] = change(Segments[^1]);
        return this;
    }

    internal void Validate(string model)
    {
        if (Segments.Count == 0)
            throw new InvalidDefinitionException($"The binding of model '{model}' declares no features: call Feature, Encode or Lookup.");
        if (Decoder is null)
            throw new InvalidDefinitionException($"The binding of model '{model}' does not say what the scores mean: call Decode.");
        var twice = Segments.SelectMany(segment => segment.Names).GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1);
        if (twice is not null)
            throw new InvalidDefinitionException($"The binding of model '{model}' declares feature '{twice.Key}' twice.");
    }
}
