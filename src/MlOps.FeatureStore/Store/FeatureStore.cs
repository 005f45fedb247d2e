using Microsoft.Extensions.Logging;

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
    private readonly FeatureView[] _declaredViews;
    private readonly FeatureService[] _declaredServices;
    private readonly MetadataArea _area;
    private readonly FeatureCatalogue _catalogue;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private volatile bool _isReady;

    public FeatureStore(
        EnvironmentContext context, IEnumerable<FeatureView> views, IEnumerable<FeatureService> services, FeatureStoreOptions options,
        Func<IEnumerable<ILineageSource>>? lineage = null)
    {
        _context = context;
        _options = options;
        _declaredViews = [.. views];
        _declaredServices = [.. services];
        _logger = context.LoggerFactory.CreateLogger("MlOps.Features");
        var area = _area = new MetadataArea(context.Metadata, FeatureSchema.Instance);
        _catalogue = new FeatureCatalogue(area, context, _logger);
        Catalogue = new CatalogueReader(context, this, area, lineage ?? (static () => []));
        var root = Path.Combine(context.Directory, "features");
        _quarantine = new FeatureQuarantine(context, area, Path.Combine(root, "quarantine"), options, EnsureReadyAsync, ApplyQuarantinedAsync, SeesWhole, view => ViewOf(view, FeatureUse.Values));
        foreach (var view in _declaredViews)
        {
            if (!_views.TryAdd(view.Name, view))
                throw new InvalidDefinitionException($"Feature view '{view.Name}' is declared twice (versions {_views[view.Name].Version} and {view.Version}): a host declares one version of a view.");
            var folder = $"{view.Name}.v{view.Version}";
            _offline.Add(view.Name, new OfflineView(context, area, Path.Combine(root, "offline", folder), view.Plan, options));
            _online.Add(view.Name, new OnlineView(context.Files, Path.Combine(root, "online", folder), view.Plan, options, context.Clock));
        }

        foreach (var service in _declaredServices)
        {
            if (!_services.TryAdd(service.Name, new BoundService(service, _views)))
                throw new InvalidDefinitionException($"Feature service '{service.Name}' is declared twice: rename one.");
        }
    }

    /// <inheritdoc />
    ValueTask IFeatureStore.EnsureReadyAsync(CancellationToken cancellationToken)
    {
        _context.Access.Require(EnvironmentPermission.Read, "feature views");
        return EnsureReadyAsync(cancellationToken);
    }

    /// <summary>Checks and records the definitions once, for whoever asks first; every operation asks for its own permission before.</summary>
    public async ValueTask EnsureReadyAsync(CancellationToken cancellationToken = default)
    {
        if (_isReady)
            return;
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_isReady)
                return;
            await ApplyDefinitionsAsync(cancellationToken).ConfigureAwait(false);
            foreach (var view in _offline.Values)
                await view.SweepAsync(cancellationToken).ConfigureAwait(false);
            await _quarantine.SweepAsync(cancellationToken).ConfigureAwait(false);
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
        _context.Access.Require(EnvironmentPermission.WriteFeatures, $"feature view '{view}'");
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentException.ThrowIfNullOrEmpty(batchKey);
        var offline = _offline[ViewOf(view, FeatureUse.Write).Name];
        await EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        await CheckBatchAsync(ViewOf(view, FeatureUse.Write), rows, batchKey, null, cancellationToken).ConfigureAwait(false);
        return await offline.IngestAsync(rows, batchKey, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<MaterializeResult>> MaterializeAsync(
        string service, Timestamp upTo, MaterializeOptions? options = null, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.ManageFeatures, $"feature service '{service}'");
        var bound = ServiceOf(service, FeatureUse.Metadata);
        options ??= new MaterializeOptions();
        await EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        var results = new List<MaterializeResult>();
        foreach (var view in bound.Views.Select(part => part.View.Name).Distinct(StringComparer.Ordinal))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (options.Rebuild)
                await ((FeatureStreams)Streams).RequireLandedAsync(ViewOf(view, FeatureUse.Metadata), cancellationToken).ConfigureAwait(false);
            using var history = await _offline[view].OpenAsync(cancellationToken).ConfigureAwait(false);
            results.Add(await _online[view].MaterializeAsync(new OfflineHistory(history), upTo.Microseconds, options, cancellationToken).ConfigureAwait(false));
            await _catalogue.RecordMaterializedAsync(bound.Views.First(part => part.View.Name == view).View, cancellationToken).ConfigureAwait(false);
        }

        return results;
    }

    /// <inheritdoc />
    public async ValueTask<PushResult> PushAsync(string view, DataFrame rows, string source, long offset, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.WriteFeatures, $"feature view '{view}'");
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentException.ThrowIfNullOrEmpty(source);
        var definition = ViewOf(view, FeatureUse.Write);
        var batch = RowBatchReader.Read(definition.Plan, rows);
        CheckKnown(definition, batch);
        await EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        await CheckBatchAsync(definition, rows, source, offset, cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        var applied = await _online[view].PushAsync(new PushRecord(source, offset, batch), cancellationToken).ConfigureAwait(false);
        return new PushResult(applied ? batch.Count : 0, !applied);
    }

    /// <inheritdoc />
    public ValueTask<IFeatureVectorSource> GetVectorSourceAsync(string service, CancellationToken cancellationToken = default) => OpenSourceAsync(service, true, cancellationToken);

    /// <summary>Opens a source to be read as floats, or with types only.</summary>
    internal async ValueTask<IFeatureVectorSource> OpenSourceAsync(string service, bool asFloats, CancellationToken cancellationToken)
    {
        _context.Access.Require(EnvironmentPermission.ReadFeatures, $"feature service '{service}'");
        var bound = ServiceOf(service, FeatureUse.Values);
        await EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        await WarnOfDeprecatedAsync(bound, cancellationToken).ConfigureAwait(false);
        var parts = new List<FeatureVectorSource.Part>();
        var start = 0;
        foreach (var part in bound.Views)
        {
            for (var i = 0; i < part.Features.Length && asFloats; i++)
            {
                var type = part.View.Plan.Features[part.Features[i]].Type;
                if (type is DataType.String or DataType.Timestamp && bound.FeatureNames.Contains(part.Names[i], StringComparer.Ordinal))
                    throw new InvalidInputException(
                        $"Feature '{part.View.FeatureNames[part.Features[i]]}' of view '{part.View.Name}' in service '{service}' is {type}, which is no number: a vector of floats cannot hold it. Leave it out of the service, encode it, or read the service with types.");
            }

            var online = _online[part.View.Name];
            await online.OpenAsync(cancellationToken).ConfigureAwait(false);
            parts.Add(new FeatureVectorSource.Part(
                online, [.. part.KeyColumns.Select(column => bound.KeyNames.ToList().IndexOf(column))], part.Features, start));
            start += part.Features.Length;
        }

        var stored = new FeatureVectorSource(bound.Id, bound.KeyNames, bound.StoredNames, [.. parts]) { Guard = GuardOf(bound) };
        IFeatureVectorSource source = bound.Transforms is { } transforms ? new ComputedVectorSource(stored, transforms) : stored;
        // What was computed of a request cannot be recomputed without the request, which is not logged.
        return source.RequestInputs.Count > 0 ? source : Auditor.Watch(service, source, isInner: true);
    }

    /// <inheritdoc />
    public IReadOnlyList<string> FeatureNamesOf(string service)
    {
        _context.Access.Require(EnvironmentPermission.Read, $"feature service '{service}'");
        return ServiceOf(service, FeatureUse.Metadata).FeatureNames;
    }

    /// <inheritdoc />
    public string IdOf(string service)
    {
        _context.Access.Require(EnvironmentPermission.Read, $"feature service '{service}'");
        return ServiceOf(service, FeatureUse.Metadata).Id;
    }

    /// <inheritdoc />
    public async ValueTask<FeatureViewStatus> GetStatusAsync(string view, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Read, $"feature view '{view}'");
        var definition = ViewOf(view, FeatureUse.Metadata);
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
        _skew?.Dispose();
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
}
