namespace MlOps;

/// <summary>
/// Reads the newest features of entities as typed objects, from the online store of one environment. Thread-safe. Calls complete at once
/// after the first; nothing is allocated but the object.
/// </summary>
/// <typeparam name="T">What an answer is: its properties name features of the service. Keys and the event time are those asked about.</typeparam>
public interface IFeatureReader<T>
{
    /// <summary>The feature service.</summary>
    string Service { get; }

    /// <summary>Reads an entity whose key has one part, as of now.</summary>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The features.</returns>
    /// <exception cref="InvalidInputException">A value is missing where the property cannot be, or of another type, or the service takes more.</exception>
    ValueTask<T> GetAsync(string key, CancellationToken cancellationToken = default);

    /// <summary>Reads an entity.</summary>
    /// <param name="request">Its key, the request's values, the moment.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The features.</returns>
    /// <exception cref="InvalidInputException">As for a key.</exception>
    ValueTask<T> GetAsync(FeatureRequest request, CancellationToken cancellationToken = default);

    /// <summary>Reads entities whose key has one part, all as of the same moment.</summary>
    /// <param name="keys">The keys.</param>
    /// <param name="asOf">The moment; now when left out.</param>
    /// <param name="cancellationToken">Cancels between entities.</param>
    /// <returns>The features of each, in order; repeated keys are answered again.</returns>
    ValueTask<IReadOnlyList<T>> GetManyAsync(IReadOnlyList<string> keys, Timestamp? asOf = null, CancellationToken cancellationToken = default);

    /// <summary>Reads entities, those without a moment all as of the same.</summary>
    /// <param name="requests">What is asked.</param>
    /// <param name="cancellationToken">Cancels between entities.</param>
    /// <returns>The features of each, in order.</returns>
    ValueTask<IReadOnlyList<T>> GetManyAsync(IReadOnlyList<FeatureRequest> requests, CancellationToken cancellationToken = default);
}
