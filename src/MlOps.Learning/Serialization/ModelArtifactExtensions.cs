namespace MlOps.Learning;

/// <summary>Keeps trained models in an artifact store.</summary>
public static class ModelArtifactExtensions
{
    /// <summary>The media type of models saved by <see cref="TrainedModel.Save"/>.</summary>
    public const string ModelMediaType = "application/vnd.mlops.model.v1+json";

    /// <summary>Stores a trained model.</summary>
    /// <param name="store">The store.</param>
    /// <param name="model">The model.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Where it is.</returns>
    public static async ValueTask<ArtifactRef> PutModelAsync(this IArtifactStore store, TrainedModel model, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(model);
        using var buffer = new MemoryStream();
        model.Save(buffer);
        buffer.Position = 0;
        return await store.PutAsync(buffer, ModelMediaType, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads a model that <see cref="PutModelAsync"/> stored.</summary>
    /// <param name="store">The store.</param>
    /// <param name="artifact">Which blob.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The model.</returns>
    /// <exception cref="CorruptDataException">The bytes are not a model.</exception>
    public static async ValueTask<TrainedModel> GetModelAsync(this IArtifactStore store, ArtifactRef artifact, CancellationToken cancellationToken = default)
    {
        using var buffer = new MemoryStream(await store.GetBytesAsync(artifact, cancellationToken: cancellationToken).ConfigureAwait(false), writable: false);
        return TrainedModel.Load(buffer);
    }
}
