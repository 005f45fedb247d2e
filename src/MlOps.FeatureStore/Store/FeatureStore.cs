namespace MlOps.Features;

/// <summary>The embedded feature store of one environment.</summary>
internal sealed partial class FeatureStore : IFeatureStore, IDisposable
{
    private readonly EnvironmentContext _context;
    private readonly FeatureStoreOptions _options;
    private readonly Dictionary<string, FeatureView> _views = new(StringComparer.Ordinal);
    private readonly Dictionary<string, BoundService> _services = new(StringComparer.Ordinal);
    private readonly Dictionary<string, OfflineView> _offline = new(StringComparer.Ordinal);
    private readonly Dictionary<string, OnlineView> _online = new(StringComparer.Ordinal);
    private readonly FeatureCatalogue _catalogue;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private volatile bool _isReady;

    public FeatureStore(EnvironmentContext context, IEnumerable<FeatureView> views, IEnumerable<FeatureService> services, FeatureStoreOptions options)
    {
        _context = context;
        _options = options;
        Views = [.. views];
        Services = [.. services];
        var area = new MetadataArea(context.Metadata, FeatureSchema.Instance);
        _catalogue = new FeatureCatalogue(area, context.Clock);
        var root = Path.Combine(context.Directory, "features");
        foreach (var view in Views)
        {
            if (!_views.TryAdd(view.Name, view))
                throw new InvalidDefinitionException($"Feature view '{view.Name}' is declared twice (versions {_views[view.Name].Version} and {view.Version}): a host declares one version of a view.");
            var folder = $"{view.Name}.v{view.Version}";
            _offline.Add(view.Name, new OfflineView(context, area, Path.Combine(root, "offline", folder), view.Plan, options));
            _online.Add(view.Name, new OnlineView(context.Files, Path.Combine(root, "online", folder), view.Plan, options, context.Clock));
        }

        foreach (var service in Services)
        {
            if (!_services.TryAdd(service.Name, new BoundService(service, _views)))
                throw new InvalidDefinitionException($"Feature service '{service.Name}' is declared twice: rename one.");
        }
    }

    /// <inheritdoc />
    public IReadOnlyList<FeatureView> Views { get; }

    /// <inheritdoc />
    public IReadOnlyList<FeatureService> Services { get; }

    /// <inheritdoc />
    public async ValueTask EnsureReadyAsync(CancellationToken cancellationToken = default)
    {
        if (_isReady)
            return;
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_isReady)
                return;
            await _catalogue.ApplyAsync(Views, [.. _services.Values], cancellationToken).ConfigureAwait(false);
            foreach (var view in _offline.Values)
                await view.SweepAsync(cancellationToken).ConfigureAwait(false);
            _isReady = true;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc />
    public async ValueTask<IngestResult> IngestAsync(string view, DataFrame rows, string batchKey, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentException.ThrowIfNullOrEmpty(batchKey);
        var offline = _offline[ViewOf(view).Name];
        await EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        return await offline.IngestAsync(rows, batchKey, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public async ValueTask<DataFrame> GetTrainingFrameAsync(
        DataFrame spine, string timeColumn, string service, TrainingFrameOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(spine);
        ArgumentNullException.ThrowIfNull(timeColumn);
        var bound = ServiceOf(service);
        options ??= new TrainingFrameOptions();
        if (options.ServingLag < TimeSpan.Zero)
            throw new InvalidInputException($"A serving lag of {options.ServingLag} is not possible: rows cannot reach the online store before they are known.");
        var what = $"Training frame of '{service}'";
        var times = RowBatchReader.Times(what, spine, timeColumn, null);
        var missing = bound.KeyNames.Where(name => !spine.HasColumn(name)).ToArray();
        if (missing.Length > 0)
            throw new InvalidInputException(
                $"{what}: the spine lacks key column(s) {string.Join(", ", missing.Select(name => $"'{name}'"))}. It has {string.Join(", ", spine.Columns.Select(column => $"'{column.Name}'"))}. Rename them, or map the keys in the feature service.");
        if (bound.FeatureNames.FirstOrDefault(spine.HasColumn) is { } clash)
            throw new InvalidInputException($"{what}: the spine has a column '{clash}', which is the name of a feature. Rename it.");

        await EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        var codes = bound.KeyNames.ToDictionary(name => name, name => KeyCodes.OfColumn(spine[name], what), StringComparer.Ordinal);
        var columns = new List<DataColumn>(bound.FeatureNames.Count);
        foreach (var part in bound.Views)
        {
            using var history = await _offline[part.View.Name].OpenAsync(cancellationToken).ConfigureAwait(false);
            var outputs = new float[]?[part.View.Plan.Features.Length];
            foreach (var number in part.Features)
                outputs[number] = new float[spine.RowCount];
            PointInTimeJoin.Run(
                history, KeyCodes.Combine([.. part.KeyColumns.Select(column => codes[column])]), times,
                options.Known == KnownClock.Corrected, options.ServingLag.Ticks / 10, outputs, cancellationToken);
            for (var i = 0; i < part.Features.Length; i++)
                columns.Add(DataColumn.Create(part.Names[i], outputs[part.Features[i]]!));
        }

        return spine.With(columns);
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<MaterializeResult>> MaterializeAsync(
        string service, Timestamp upTo, MaterializeOptions? options = null, CancellationToken cancellationToken = default)
    {
        var bound = ServiceOf(service);
        options ??= new MaterializeOptions();
        await EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        var results = new List<MaterializeResult>();
        foreach (var view in bound.Views.Select(part => part.View.Name).Distinct(StringComparer.Ordinal))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var history = await _offline[view].OpenAsync(cancellationToken).ConfigureAwait(false);
            results.Add(await _online[view].MaterializeAsync(new OfflineHistory(history), upTo.Microseconds, options, cancellationToken).ConfigureAwait(false));
        }

        return results;
    }

    /// <inheritdoc />
    public async ValueTask<PushResult> PushAsync(string view, DataFrame rows, string source, long offset, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentException.ThrowIfNullOrEmpty(source);
        var definition = ViewOf(view);
        var batch = RowBatchReader.Read(definition.Plan, rows);
        CheckKnown(definition, batch);
        await EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        var applied = await _online[view].PushAsync(new PushRecord(source, offset, batch), cancellationToken).ConfigureAwait(false);
        return new PushResult(applied ? batch.Count : 0, !applied);
    }

    /// <inheritdoc />
    public async ValueTask<IFeatureVectorSource> GetVectorSourceAsync(string service, CancellationToken cancellationToken = default)
    {
        var bound = ServiceOf(service);
        await EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        var parts = new List<FeatureVectorSource.Part>();
        var start = 0;
        foreach (var part in bound.Views)
        {
            foreach (var number in part.Features)
            {
                var type = part.View.Plan.Features[number].Type;
                if (type is DataType.String or DataType.Timestamp)
                    throw new InvalidInputException(
                        $"Feature '{part.View.FeatureNames[number]}' of view '{part.View.Name}' in service '{service}' is {type}, which is no number: a vector of floats cannot hold it. Leave it out of the service, encode it, or read the service with types.");
            }

            var online = _online[part.View.Name];
            await online.OpenAsync(cancellationToken).ConfigureAwait(false);
            parts.Add(new FeatureVectorSource.Part(
                online, [.. part.KeyColumns.Select(column => bound.KeyNames.ToList().IndexOf(column))], part.Features, start));
            start += part.Features.Length;
        }

        return new FeatureVectorSource(bound.Id, bound.KeyNames, bound.FeatureNames, [.. parts]);
    }

    /// <inheritdoc />
    public IReadOnlyList<string> FeatureNamesOf(string service) => ServiceOf(service).FeatureNames;

    /// <inheritdoc />
    public string IdOf(string service) => ServiceOf(service).Id;

    /// <inheritdoc />
    public async ValueTask<FeatureViewStatus> GetStatusAsync(string view, CancellationToken cancellationToken = default)
    {
        var definition = ViewOf(view);
        await EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        var (rows, segments, first, last) = await _offline[view].CountAsync(cancellationToken).ConfigureAwait(false);
        var online = _online[view];
        await online.OpenAsync(cancellationToken).ConfigureAwait(false);
        var checkpoint = online.Checkpoint!;
        return new FeatureViewStatus
        {
            View = definition.Name,
            Version = definition.Version,
            Hash = definition.Hash,
            OfflineRows = rows,
            Segments = segments,
            FirstEvent = rows == 0 ? null : new Timestamp(first),
            LastEvent = rows == 0 ? null : new Timestamp(last),
            OnlineEntities = checkpoint.State.Entities.Count,
            OnlineBytes = checkpoint.State.MemoryBytes,
            MaterializedUpTo = checkpoint.MaterializedUpTo == long.MinValue ? null : new Timestamp(checkpoint.MaterializedUpTo),
            OnlineUpTo = checkpoint.State.AvailableUpTo == long.MinValue ? null : new Timestamp(checkpoint.State.AvailableUpTo),
            ExactFrom = checkpoint.State.ExactFrom == long.MinValue ? null : new Timestamp(checkpoint.State.ExactFrom),
            ExpiredRows = checkpoint.State.ExpiredRows,
            CoarseReads = online.CoarseReads,
            UnreplaceableRows = checkpoint.State.UnreplaceableRows,
            OnlineLiveBytes = checkpoint.State.LiveBytes,
            DroppedEntities = checkpoint.State.DroppedEntities,
            EvictedEntities = checkpoint.State.EvictedEntities,
            RefusedRows = online.RefusedRows,
        };
    }

    public void Dispose()
    {
        foreach (var view in _offline.Values)
            view.Close();
        foreach (var view in _online.Values)
            view.Dispose();
        _gate.Dispose();
    }

    private void CheckKnown(FeatureView view, RowBatch batch)
    {
        var now = Timestamp.From(_context.Clock.GetUtcNow());
        var latest = (now + _options.ClockTolerance).Microseconds;
        for (var row = 0; row < batch.Count; row++)
        {
            if (batch.Available[row] > latest)
                throw new InvalidInputException(
                    $"Feature view '{view.Name}': column '{view.AvailableAtColumn ?? view.EventTimeColumn}' says {new Timestamp(batch.Available[row])} in row {row}, but it is {now}. A pushed row is known already; correct the time, or push the row when it is known.");
        }
    }

    private FeatureView ViewOf(string view)
    {
        ArgumentNullException.ThrowIfNull(view);
        return _views.TryGetValue(view, out var found)
            ? found
            : throw new NotFoundException($"Environment '{_context.Name}' has no feature view '{view}'. {NearestNames.Describe(view, _views.Keys)}");
    }

    private BoundService ServiceOf(string service)
    {
        ArgumentNullException.ThrowIfNull(service);
        return _services.TryGetValue(service, out var found)
            ? found
            : throw new NotFoundException($"Environment '{_context.Name}' has no feature service '{service}'. {NearestNames.Describe(service, _services.Keys)}");
    }
}
