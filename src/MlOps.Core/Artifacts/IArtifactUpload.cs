namespace MlOps;

/// <summary>
/// An upload in pieces that survives the death of its process: <see cref="IArtifactStore.BeginUploadAsync"/> with the same key goes on
/// where the last durable piece ended. Either append in order, or put numbered parts in any order and in parallel. Nothing is visible
/// as an artifact before <see cref="CompleteAsync"/>. Thread-safe for parts; one appender at a time.
/// </summary>
public interface IArtifactUpload
{
    /// <summary>The caller's name for the upload.</summary>
    string Key { get; }

    /// <summary>Durable bytes from the beginning without a gap: where an appender goes on.</summary>
    long Offset { get; }

    /// <summary>The durable parts and their lengths, by number.</summary>
    IReadOnlyDictionary<int, long> Parts { get; }

    /// <summary>Appends a stream. Every 16 MiB become a durable part, so that a process that dies loses less than that.</summary>
    /// <param name="content">The bytes that follow <see cref="Offset"/>; read to the end.</param>
    /// <param name="cancellationToken">Cancels; what is durable stays.</param>
    /// <returns>The offset afterwards.</returns>
    /// <exception cref="ConcurrencyConflictException">Somebody else appends to the same upload.</exception>
    /// <exception cref="QuotaExceededException">The environment's quota is used up.</exception>
    ValueTask<long> AppendAsync(Stream content, CancellationToken cancellationToken = default);

    /// <summary>Stores one part, durable when the task ends; a part of the same number is replaced.</summary>
    /// <param name="number">1 to 100,000: its place in the order.</param>
    /// <param name="content">Its bytes; read to the end.</param>
    /// <param name="cancellationToken">Cancels; the part is not stored then.</param>
    /// <returns>The bytes of the part.</returns>
    /// <exception cref="QuotaExceededException">The environment's quota is used up.</exception>
    ValueTask<long> PutPartAsync(int number, Stream content, CancellationToken cancellationToken = default);

    /// <summary>Joins the parts in order into one artifact, then removes them. Called again after a crash, it gives the same artifact.</summary>
    /// <param name="mediaType">What the bytes are.</param>
    /// <param name="expectedDigest">The digest that the whole must have; null when it is not known.</param>
    /// <param name="cancellationToken">Cancels; the parts stay.</param>
    /// <returns>Where the artifact is.</returns>
    /// <exception cref="InvalidInputException">A part is missing, or the whole has another digest; the parts stay.</exception>
    ValueTask<ArtifactRef> CompleteAsync(string mediaType, ArtifactDigest? expectedDigest = null, CancellationToken cancellationToken = default);

    /// <summary>Removes what was uploaded.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that ends when the parts are gone.</returns>
    ValueTask AbandonAsync(CancellationToken cancellationToken = default);
}
