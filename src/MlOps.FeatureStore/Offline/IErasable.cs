namespace MlOps.Features;

/// <summary>A store of a view that can forget an entity.</summary>
internal interface IErasable
{
    /// <summary>Forgets an entity so that none of its bytes remain in the store's files.</summary>
    /// <param name="key">The parts of its key.</param>
    /// <param name="cancellationToken">Cancels; call again to go on.</param>
    /// <returns>Whether the entity was there.</returns>
    ValueTask<bool> EraseAsync(string[] key, CancellationToken cancellationToken);
}
