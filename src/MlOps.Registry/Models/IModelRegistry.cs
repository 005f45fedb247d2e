namespace MlOps.Registry;

/// <summary>The models of one environment. Versions are immutable; aliases move and keep their history. Every change is audited. Thread-safe.</summary>
public partial interface IModelRegistry
{
    /// <summary>Registers a version: its blobs are checked to be there, its manifest is written, and it becomes visible at once and whole.</summary>
    /// <param name="draft">The version.</param>
    /// <param name="cancellationToken">Cancels; nothing is registered then.</param>
    /// <returns>The version with its number.</returns>
    /// <exception cref="InvalidDefinitionException">A name is not allowed, or an artifact stands twice.</exception>
    /// <exception cref="NotFoundException">An artifact's blob is not in the store.</exception>
    ValueTask<ModelVersion> RegisterAsync(ModelVersionDraft draft, CancellationToken cancellationToken = default);

    /// <summary>A version.</summary>
    /// <param name="version">Which.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The version.</returns>
    /// <exception cref="ModelNotFoundException">There is no such version; the message lists what exists.</exception>
    ValueTask<ModelVersion> GetAsync(ModelVersionRef version, CancellationToken cancellationToken = default);

    /// <summary>The bytes that a version's digests bind.</summary>
    /// <param name="version">Which.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Manifest and config.</returns>
    /// <exception cref="ModelNotFoundException">There is no such version; the message lists what exists.</exception>
    ValueTask<ModelManifestBytes> GetManifestAsync(ModelVersionRef version, CancellationToken cancellationToken = default);

    /// <summary>The version that an alias points at, or null.</summary>
    /// <param name="model">The model.</param>
    /// <param name="alias">The alias.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The version or null.</returns>
    ValueTask<ModelVersion?> FindAsync(string model, string alias, CancellationToken cancellationToken = default);

    /// <summary>The versions of a model, newest first.</summary>
    /// <param name="model">The model.</param>
    /// <param name="before">Only older ones than this number; null begins at the newest.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The versions; empty when the model does not exist.</returns>
    ValueTask<IReadOnlyList<ModelVersion>> ListAsync(string model, int? before = null, int limit = 100, CancellationToken cancellationToken = default);

    /// <summary>The names of the models, in order.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The names.</returns>
    ValueTask<IReadOnlyList<string>> ListModelsAsync(CancellationToken cancellationToken = default);

    /// <summary>Searches versions of all models. Pages are stable: a row that does not change between two pages comes exactly once.</summary>
    /// <param name="query">The query.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A page of versions.</returns>
    /// <exception cref="InvalidInputException">The filter, the order or the cursor is wrong; the message names the position and the remedy.</exception>
    ValueTask<VersionPage> SearchVersionsAsync(VersionQuery query, CancellationToken cancellationToken = default);

    /// <summary>Searches models. Pages are stable: a row that does not change between two pages comes exactly once.</summary>
    /// <param name="query">The query.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A page of models.</returns>
    /// <exception cref="InvalidInputException">The filter, the order or the cursor is wrong; the message names the position and the remedy.</exception>
    ValueTask<ModelPage> SearchModelsAsync(ModelQuery query, CancellationToken cancellationToken = default);

    /// <summary>Points an alias at a version.</summary>
    /// <param name="version">The version.</param>
    /// <param name="alias">The alias: 1-100 characters of lower-case letters, digits, <c>_ -</c>, beginning with a letter.</param>
    /// <param name="reason">Why; goes into the history and the audit trail.</param>
    /// <param name="expected">When given, the alias must point at this version now (0: at none).</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The move; From equals To when nothing changed.</returns>
    /// <exception cref="ConcurrencyConflictException">The alias does not point at <paramref name="expected"/>.</exception>
    ValueTask<AliasChange> SetAliasAsync(ModelVersionRef version, string alias, string reason, int? expected = null, CancellationToken cancellationToken = default);

    /// <summary>Removes an alias; its history stays.</summary>
    /// <param name="model">The model.</param>
    /// <param name="alias">The alias.</param>
    /// <param name="reason">Why; goes into the history and the audit trail.</param>
    /// <param name="expected">When given, the alias must point at this version now.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The move; From is null when there was no such alias.</returns>
    /// <exception cref="ConcurrencyConflictException">The alias does not point at <paramref name="expected"/>.</exception>
    ValueTask<AliasChange> RemoveAliasAsync(string model, string alias, string reason, int? expected = null, CancellationToken cancellationToken = default);

    /// <summary>Where an alias pointed at a moment: what was in production then.</summary>
    /// <param name="model">The model.</param>
    /// <param name="alias">The alias.</param>
    /// <param name="at">The moment.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The move that was in force, or null when the alias pointed at nothing.</returns>
    ValueTask<AliasChange?> FindAliasAtAsync(string model, string alias, Timestamp at, CancellationToken cancellationToken = default);

    /// <summary>Where the aliases of a model point.</summary>
    /// <param name="model">The model.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Version by alias.</returns>
    ValueTask<IReadOnlyDictionary<string, int>> GetAliasesAsync(string model, CancellationToken cancellationToken = default);

    /// <summary>The moves of the aliases of a model, oldest first.</summary>
    /// <param name="model">The model.</param>
    /// <param name="alias">One alias; null for all.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The moves.</returns>
    ValueTask<IReadOnlyList<AliasChange>> GetAliasHistoryAsync(string model, string? alias = null, CancellationToken cancellationToken = default);

    /// <summary>Sets or removes labels of a version.</summary>
    /// <param name="version">The version.</param>
    /// <param name="tags">Labels to set; a null value removes.</param>
    /// <param name="reason">Why; goes into the audit trail.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that ends when it is durable.</returns>
    ValueTask SetTagsAsync(ModelVersionRef version, IReadOnlyDictionary<string, string?> tags, string reason = "", CancellationToken cancellationToken = default);

    /// <summary>Which of the eight artifact kinds a version has.</summary>
    /// <param name="version">The version.</param>
    /// <returns>The report.</returns>
    CompletenessReport CheckCompleteness(ModelVersion version);
}
