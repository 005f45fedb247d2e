namespace MlOps.Features;

internal sealed partial class FeatureStore : IOfflineStore
{
    /// <inheritdoc />
    public IOfflineStore Offline => this;

    /// <inheritdoc />
    public async ValueTask<ErasureReport> EraseAsync(string view, IReadOnlyList<string> key, EraseOptions? options = null, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.ManageFeatures, $"an entity of feature view '{view}'");
        ArgumentNullException.ThrowIfNull(key);
        var definition = ViewOf(view, FeatureUse.Write);
        if (key.Count != definition.Keys.Count || key.Any(part => part is null))
            throw new InvalidInputException(
                $"Feature view '{view}' has the key ({string.Join(", ", definition.Keys.Select(part => part.Name))}); {key.Count} part(s) were given. Pass one text for each, in that order.");
        await EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        string[] parts = [.. key];
        var made = MadeOf(definition);
        // What was made of the entity goes with it, whether the caller may see it or not.
        FeatureView[] views = [definition, .. made.Where(other => HasSameKey(definition, other))];
        foreach (var erased in views)
            await _offline[erased.Name].HideAsync(parts, cancellationToken).ConfigureAwait(false);
        int batches = 0, vectors = 0;
        foreach (var erased in views)
        {
            // Serving first: what is read now counts more than what is read in training.
            await _online[erased.Name].EraseAsync(parts, cancellationToken).ConfigureAwait(false);
            await _offline[erased.Name].EraseAsync(parts, cancellationToken).ConfigureAwait(false);
            vectors += Auditor.Erase(erased.Name, parts, cancellationToken);
            batches += await _quarantine.EraseAsync(erased.Name, rows => KeySearch.IsIn(rows, parts), cancellationToken).ConfigureAwait(false);
            await _catalogue.ForgetStatisticsAsync(erased, cancellationToken).ConfigureAwait(false);
        }

        var letters = await ((FeatureStreams)Streams).EraseDeadLettersAsync(parts, cancellationToken).ConfigureAwait(false);
        string[] names = [.. views.Select(erased => erased.Name)];
        var frames = await ((TrainingFrames)Frames).FindEntityAsync(names, parts, options?.DeleteFrames ?? false, cancellationToken).ConfigureAwait(false);
        var versions = await _catalogue.VersionsAsync(names, cancellationToken).ConfigureAwait(false);
        // A database keeps what was deleted in unused pages and in its log.
        await _area.Store.ScrubAsync(cancellationToken).ConfigureAwait(false);
        return new ErasureReport
        {
            Views = [.. names.Where(SeesWhole)],
            QuarantinedBatches = batches,
            LoggedVectors = vectors,
            DeadLetters = letters,
            Frames = frames,
            OtherViews = [.. made.Except(views).Select(other => other.Name).Where(SeesWhole)],
            OtherVersions = [.. versions.Where(version => !views.Any(erased => version == $"{erased.Name}.v{erased.Version}") && SeesWhole(version[..version.LastIndexOf(".v", StringComparison.Ordinal)]))],
        };
    }

    /// <inheritdoc />
    async ValueTask<CompactionResult> IOfflineStore.CompactAsync(string view, bool whole, CancellationToken cancellationToken)
    {
        _context.Access.Require(EnvironmentPermission.Operate, $"segments of feature view '{view}'");
        var offline = _offline[ViewOf(view, FeatureUse.Metadata).Name];
        await EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        return await offline.CompactAsync(whole, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    async ValueTask<OfflineVerification> IOfflineStore.VerifyAsync(string view, CancellationToken cancellationToken)
    {
        _context.Access.Require(EnvironmentPermission.Operate, $"segments of feature view '{view}'");
        var offline = _offline[ViewOf(view, FeatureUse.Metadata).Name];
        await EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        return await offline.VerifyAsync(cancellationToken).ConfigureAwait(false);
    }

    // The declared views whose sources read a view, and those that read these, and so on.
    private List<FeatureView> MadeOf(FeatureView view)
    {
        var made = new List<FeatureView>();
        var names = new HashSet<string>(StringComparer.Ordinal) { view.Name };
        for (var found = true; found;)
        {
            var next = _declaredViews.Where(other => !names.Contains(other.Name) && other.Sources.Any(source => source.Source.Views.Any(names.Contains))).ToArray();
            found = next.Length > 0;
            made.AddRange(next);
            names.UnionWith(next.Select(other => other.Name));
        }

        return made;
    }

    private static bool HasSameKey(FeatureView view, FeatureView other) =>
        view.Keys.Select(part => part.Name).SequenceEqual(other.Keys.Select(part => part.Name), StringComparer.Ordinal);
}
