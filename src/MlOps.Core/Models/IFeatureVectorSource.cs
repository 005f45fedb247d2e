namespace MlOps;

/// <summary>
/// Looks up the features of one request, so that serving can fetch them without knowing the feature store.
/// Implementations are thread-safe and allocate nothing on the path that completes at once.
/// </summary>
public interface IFeatureVectorSource
{
    /// <summary>The feature service behind it, with the hash of its definitions: <c>name@hash</c>.</summary>
    string Id { get; }

    /// <summary>The names of the entity keys that a request carries, in order.</summary>
    IReadOnlyList<string> KeyNames { get; }

    /// <summary>The features in the order in which they are written.</summary>
    IReadOnlyList<string> FeatureNames { get; }

    /// <summary>Writes the features as known at a moment. A feature that is absent or expired becomes NaN.</summary>
    /// <param name="keys">One key per name in <see cref="KeyNames"/>.</param>
    /// <param name="asOf">The moment of the request.</param>
    /// <param name="destination">At least as long as <see cref="FeatureNames"/>.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that ends when the values are written.</returns>
    ValueTask ReadAsync(ReadOnlyMemory<string> keys, Timestamp asOf, Memory<float> destination, CancellationToken cancellationToken = default);

    /// <summary>What a request carries besides its keys, in order.</summary>
    /// <value>Empty where no feature is computed from the request.</value>
    IReadOnlyList<RequestInput> RequestInputs => [];

    /// <summary>Writes the features as known at a moment, those computed from the request included.</summary>
    /// <param name="keys">One key per name in <see cref="KeyNames"/>.</param>
    /// <param name="request">One value per input in <see cref="RequestInputs"/>; a missing value makes what is computed of it missing.</param>
    /// <param name="asOf">The moment of the request.</param>
    /// <param name="destination">At least as long as <see cref="FeatureNames"/>.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that ends when the values are written.</returns>
    /// <exception cref="InvalidInputException">Keys or values are too few or too many, or of a wrong type.</exception>
    ValueTask ReadAsync(
        ReadOnlyMemory<string> keys, ReadOnlyMemory<FeatureValue> request, Timestamp asOf, Memory<float> destination, CancellationToken cancellationToken = default) =>
        request.IsEmpty
            ? ReadAsync(keys, asOf, destination, cancellationToken)
            : throw new InvalidInputException($"Feature service '{Id}' takes no request values; {request.Length} were given.");

    /// <summary>Writes the features of many entities as known at one moment.</summary>
    /// <param name="keys">The keys of one entity after those of another, in the order of <see cref="KeyNames"/> each.</param>
    /// <param name="asOf">The moment of the requests.</param>
    /// <param name="destination">The features of one entity after those of another, in the order of <see cref="FeatureNames"/> each.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that ends when the values are written.</returns>
    async ValueTask ReadManyAsync(ReadOnlyMemory<string> keys, Timestamp asOf, Memory<float> destination, CancellationToken cancellationToken = default)
    {
        for (int key = 0, value = 0; key < keys.Length; key += KeyNames.Count, value += FeatureNames.Count)
            await ReadAsync(keys.Slice(key, KeyNames.Count), asOf, destination.Slice(value, FeatureNames.Count), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether <see cref="ReadWithAgesAsync"/> tells how old features are.</summary>
    /// <value>Default: false.</value>
    bool KnowsAges => false;

    /// <summary>Writes the features as known at a moment, and how old each is.</summary>
    /// <param name="keys">One key per name in <see cref="KeyNames"/>.</param>
    /// <param name="request">One value per input in <see cref="RequestInputs"/>.</param>
    /// <param name="asOf">The moment of the request.</param>
    /// <param name="destination">At least as long as <see cref="FeatureNames"/>.</param>
    /// <param name="ages">As long: microseconds from the newest event behind the feature to the moment; -1 where that is not known, as for features computed from the request.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that ends when both are written.</returns>
    /// <exception cref="InvalidInputException">Keys or values are too few or too many, or of a wrong type.</exception>
    async ValueTask ReadWithAgesAsync(
        ReadOnlyMemory<string> keys, ReadOnlyMemory<FeatureValue> request, Timestamp asOf, Memory<float> destination, Memory<long> ages, CancellationToken cancellationToken = default)
    {
        await ReadAsync(keys, request, asOf, destination, cancellationToken).ConfigureAwait(false);
        ages.Span.Fill(-1);
    }
}
