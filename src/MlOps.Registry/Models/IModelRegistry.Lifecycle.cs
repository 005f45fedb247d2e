namespace MlOps.Registry;

public partial interface IModelRegistry
{
    /// <summary>A model.</summary>
    /// <param name="model">Its name.</param>
    /// <param name="includeDeleted">Whether a deleted model is returned too.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The model.</returns>
    /// <exception cref="ModelNotFoundException">There is no such model; the message lists the nearest names, or who deleted it.</exception>
    ValueTask<RegisteredModel> GetModelAsync(string model, bool includeDeleted = false, CancellationToken cancellationToken = default);

    /// <summary>A page of the models, by name.</summary>
    /// <param name="options">Which.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The models; the last one's name is the next page's <see cref="ModelListOptions.After"/>.</returns>
    ValueTask<IReadOnlyList<RegisteredModel>> ListModelsAsync(ModelListOptions options, CancellationToken cancellationToken = default);

    /// <summary>Changes what a model says about itself.</summary>
    /// <param name="model">The model.</param>
    /// <param name="changes">The changes; what is null stays.</param>
    /// <param name="reason">Why; goes into the audit trail with the state before and after.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The model afterwards.</returns>
    /// <exception cref="ModelNotFoundException">There is no such model.</exception>
    ValueTask<RegisteredModel> UpdateModelAsync(string model, ModelChanges changes, string reason = "", CancellationToken cancellationToken = default);

    /// <summary>A version, deleted or not.</summary>
    /// <param name="version">Which.</param>
    /// <param name="includeDeleted">Whether a deleted version is returned too; its <see cref="ModelVersion.Deleted"/> says when and why.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The version.</returns>
    /// <exception cref="ModelNotFoundException">There is no such version.</exception>
    ValueTask<ModelVersion> GetAsync(ModelVersionRef version, bool includeDeleted, CancellationToken cancellationToken = default);

    /// <summary>The versions of a model, newest first, deleted ones included when asked for.</summary>
    /// <param name="model">The model.</param>
    /// <param name="includeDeleted">Whether deleted versions are listed too.</param>
    /// <param name="before">Only older ones than this number; null begins at the newest.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The versions; empty when the model does not exist.</returns>
    ValueTask<IReadOnlyList<ModelVersion>> ListAsync(
        string model, bool includeDeleted, int? before = null, int limit = 100, CancellationToken cancellationToken = default);

    /// <summary>
    /// Deletes a version softly: it vanishes from reading and cannot be aliased or served; its blobs stay and its number is never given again.
    /// Deleting a deleted version changes nothing.
    /// </summary>
    /// <param name="version">The version.</param>
    /// <param name="reason">Why; not empty.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The deletion in force.</returns>
    /// <exception cref="ConcurrencyConflictException">An alias points at it, or an endpoint serves it; the message names them.</exception>
    ValueTask<Deletion> DeleteAsync(ModelVersionRef version, string reason, DeletionOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Brings a deleted version back. Restoring a version that is not deleted changes nothing.</summary>
    /// <param name="version">The version.</param>
    /// <param name="reason">Why; not empty.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The version.</returns>
    /// <exception cref="ConcurrencyConflictException">Its model is deleted: restore that.</exception>
    ValueTask<ModelVersion> RestoreAsync(ModelVersionRef version, string reason, CancellationToken cancellationToken = default);

    /// <summary>Deletes a model softly with all its versions. Registering a version under its name creates it again; the numbers go on.</summary>
    /// <param name="model">The model.</param>
    /// <param name="reason">Why; not empty.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The deletion in force.</returns>
    /// <exception cref="ConcurrencyConflictException">An alias points at a version of it, or an endpoint serves one; the message names them.</exception>
    ValueTask<Deletion> DeleteModelAsync(string model, string reason, DeletionOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Brings a deleted model back with the versions that were deleted with it, not with those deleted before.</summary>
    /// <param name="model">The model.</param>
    /// <param name="reason">Why; not empty.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The model.</returns>
    ValueTask<RegisteredModel> RestoreModelAsync(string model, string reason, CancellationToken cancellationToken = default);

    /// <summary>
    /// Removes for good what was deleted long ago; the next <see cref="IArtifactCollector"/> takes their blobs. Numbers, alias history and audit stay.
    /// </summary>
    /// <param name="olderThan">Only what was deleted longer ago than this.</param>
    /// <param name="dryRun">Only says what would be removed.</param>
    /// <param name="cancellationToken">Cancels between versions.</param>
    /// <returns>What was removed.</returns>
    ValueTask<PurgeReport> PurgeAsync(TimeSpan olderThan, bool dryRun = false, CancellationToken cancellationToken = default);

    /// <summary>Where a version stands in this environment and how it came there, derived from the history of aliases and deletions.</summary>
    /// <param name="version">The version, deleted or not.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The stage with its history.</returns>
    ValueTask<ModelStageReport> GetStageAsync(ModelVersionRef version, CancellationToken cancellationToken = default);

    /// <summary>Where all versions of a model stand, deleted ones included.</summary>
    /// <param name="model">The model.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Stage by version.</returns>
    ValueTask<IReadOnlyDictionary<int, ModelStage>> GetStagesAsync(string model, CancellationToken cancellationToken = default);
}
