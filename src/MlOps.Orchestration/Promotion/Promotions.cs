using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MlOps.Registry;

namespace MlOps.Orchestration;

/// <summary>The promotions of one environment: it asks its neighbour for those that go out, and works on those that come in.</summary>
internal sealed partial class Promotions : IPromotions
{
    private readonly EnvironmentContext _context;
    private readonly IServiceProvider _services;
    private readonly OrchestrationOptions _options;
    private readonly PromotionStore _store;
    private readonly ILogger _logger;
    private readonly string _owner = LeaseOwner.Create();
    private readonly Dictionary<string, Task> _running = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    public Promotions(EnvironmentContext context, IServiceProvider services, OrchestrationOptions options)
    {
        options.Validate();
        _context = context;
        _services = services;
        _options = options;
        _store = new PromotionStore(new MetadataArea(context.Metadata, OrchestrationSchema.Schema), context, options);
        _logger = context.LoggerFactory.CreateLogger("MlOps.Orchestration");
    }

    public async ValueTask<PromotionRecord> PromoteAsync(
        ModelVersionRef version, string to, PromotionOptions? options = null, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.ReadArtifacts, $"the promotion of model '{version.Model}'");
        ArgumentException.ThrowIfNullOrWhiteSpace(version.Model, nameof(version));
        ArgumentNullException.ThrowIfNull(to);
        var request = options ?? new PromotionOptions();
        if (!(request.TrafficShare is > 0 and <= 1))
            throw new InvalidInputException($"TrafficShare is {request.TrafficShare}: use above 0 to 1.");
        if (request.Key is { Length: 0 or > 200 })
            throw new InvalidInputException($"The promotion key has {request.Key.Length} characters: use 1 to 200, or null.");
        if (request.Alias is { } alias && string.IsNullOrWhiteSpace(alias))
            throw new InvalidInputException("Alias is empty: name one, or leave it null.");
        var environments = Environments();
        return await environments[to].Get<Promotions>().PromoteIntoAsync(environments[_context.Name], version, request, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<PromotionRecord> ApproveAsync(string promotionId, string comment = "", CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Approve, "a promotion");
        ArgumentNullException.ThrowIfNull(promotionId);
        var approver = _context.Caller.Name;
        if (approver == "anonymous")
            throw new AccessDeniedException($"Promotion {promotionId} cannot be approved without a name. Sign in, or use ICallerAccessor.ActAs.");
        await _store.ApproveAsync(promotionId, approver, comment, cancellationToken).ConfigureAwait(false);
        return await FinishAsync(promotionId, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<PromotionRecord> RejectAsync(string promotionId, string reason, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Approve, "a promotion");
        ArgumentNullException.ThrowIfNull(promotionId);
        var row = await _store.ActAsync(promotionId, PromotionState.AwaitingApproval, PromotionState.Refused,
            $"rejected by {_context.Caller.Name}: {reason}", cancellationToken).ConfigureAwait(false);
        await MirrorAsync(row).ConfigureAwait(false);
        return await GetAsync(promotionId, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<PromotionRecord> RollBackAsync(string promotionId, string reason, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.MoveAliases, "a promotion");
        ArgumentNullException.ThrowIfNull(promotionId);
        await _store.ActAsync(promotionId, PromotionState.Completed, PromotionState.RollingBack, reason, cancellationToken).ConfigureAwait(false);
        await DriveToEndAsync(promotionId, cancellationToken).ConfigureAwait(false);
        return await GetAsync(promotionId, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<PromotionRecord> GetAsync(string promotionId, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Read, "a promotion");
        ArgumentNullException.ThrowIfNull(promotionId);
        return await RecordAsync(await _store.FindAsync(promotionId, cancellationToken).ConfigureAwait(false) ?? throw PromotionStore.Unknown(promotionId), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<PromotionRecord>> ListAsync(string? model = null, int limit = 100, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Read, "the promotions");
        var records = new List<PromotionRecord>();
        foreach (var row in await _store.ListAsync(model, limit, cancellationToken).ConfigureAwait(false))
            records.Add(await RecordAsync(row, cancellationToken).ConfigureAwait(false));
        return records;
    }

    /// <summary>Goes on with every promotion that can go on and that nobody holds.</summary>
    /// <returns>How many moved.</returns>
    internal async ValueTask<int> ProcessAsync(CancellationToken cancellationToken)
    {
        var moved = 0;
        foreach (var row in await _store.ListUnmirroredAsync(cancellationToken).ConfigureAwait(false))
            await MirrorAsync(row).ConfigureAwait(false);
        foreach (var row in await _store.ListOpenAsync(cancellationToken).ConfigureAwait(false))
        {
            if (!RunStore.IsFree(row.Owner, row.LeaseUntil, _store.Now))
                continue;
            if (row.State == PromotionState.AwaitingApproval &&
                (await _store.ApprovalsAsync(row.Id, cancellationToken).ConfigureAwait(false)).Count < (Policy()?.Approvals ?? int.MaxValue))
            {
                continue;
            }

            try
            {
                await BeginDrive(row.Id).WaitAsync(cancellationToken).ConfigureAwait(false);
                moved++;
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                LogInterrupted(_logger, row.Id, error);
            }
        }

        return moved;
    }

    private async ValueTask<PromotionRecord> PromoteIntoAsync(IMlOpsEnvironment source, ModelVersionRef version, PromotionOptions request, CancellationToken cancellationToken)
    {
        await EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        var route = Policy()?.PromotesFrom;
        if (!string.Equals(route, source.Name, StringComparison.OrdinalIgnoreCase))
        {
            var gate = new GateResult("route", false, $"'{source.Name}' to '{_context.Name}'", route is null ? "a declared route" : $"'{route}' to '{_context.Name}'",
                route is null ? $"'{_context.Name}' declares no PromotesFrom." : $"Promote into '{route}' first.");
            await _store.AuditAsync("promotion.refused", $"{source.Name}/{version} to {_context.Name}", "route: " + gate.Bound, cancellationToken).ConfigureAwait(false);
            throw new PromotionRejectedException($"{source.Name}/{version}", gate, null);
        }

        // Without approvals nobody else looks at it: then asking is deploying.
        if (Policy()?.Approvals is not > 0)
            _context.Access.Require(EnvironmentPermission.MoveAliases, $"the promotion of model '{version.Model}' without approvals");
        var staged = await source.Get<IModelRegistry>().GetAsync(version, cancellationToken).ConfigureAwait(false);
        var row = await _store.CreateAsync(source.Name, version, staged.Manifest.Digest, request, cancellationToken).ConfigureAwait(false);
        return await FinishAsync(row.Id, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<PromotionRecord> FinishAsync(string id, CancellationToken cancellationToken)
    {
        var row = await DriveToEndAsync(id, cancellationToken).ConfigureAwait(false);
        if (row.EndedAt is not null && (await _store.ListUnmirroredAsync(cancellationToken).ConfigureAwait(false)).Exists(open => open.Id == id))
            await MirrorAsync(row).ConfigureAwait(false);
        var record = await RecordAsync(row, cancellationToken).ConfigureAwait(false);
        return row.State is PromotionState.Refused or PromotionState.RolledBack
            ? throw new PromotionRejectedException($"{row.Source}/{row.Version}", row.Refusal, record)
            : record;
    }

    private async ValueTask<PromotionRow> DriveToEndAsync(string id, CancellationToken cancellationToken)
    {
        while (true)
        {
            await BeginDrive(id).WaitAsync(cancellationToken).ConfigureAwait(false);
            var row = await _store.FindAsync(id, cancellationToken).ConfigureAwait(false) ?? throw PromotionStore.Unknown(id);
            if (row.EndedAt is not null)
                return row;
            if (row.State == PromotionState.AwaitingApproval &&
                (await _store.ApprovalsAsync(id, cancellationToken).ConfigureAwait(false)).Count < (Policy()?.Approvals ?? int.MaxValue))
            {
                return row;
            }

            // Another host holds it.
            if (row.Owner is not null && row.Owner != _owner)
                await Task.Delay(_options.PollInterval, _context.Clock, cancellationToken).ConfigureAwait(false);
        }
    }

    private Task BeginDrive(string id)
    {
        lock (_gate)
        {
            if (_running.TryGetValue(id, out var current))
                return current;
            var task = new Task<Task>(() => DriveAsync(id));
            _running[id] = task.Unwrap();
            task.Start(TaskScheduler.Default);
            return _running[id];
        }
    }

    private async Task DriveAsync(string id)
    {
        try
        {
            await EnsureReadyAsync(CancellationToken.None).ConfigureAwait(false);
            if (await _store.ClaimAsync(id, _owner, CancellationToken.None).ConfigureAwait(false) is { } row)
                await WorkAsync(row).ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
                _running.Remove(id);
        }
    }

    private async ValueTask<PromotionRecord> RecordAsync(PromotionRow row, CancellationToken cancellationToken) => new()
    {
        Id = row.Id,
        Key = row.Key,
        Source = row.Source,
        Target = _context.Name,
        Version = row.Version,
        ManifestDigest = row.Manifest,
        Options = row.Options,
        State = row.State,
        Detail = row.Detail,
        RequestedBy = row.RequestedBy,
        RequestedAt = row.RequestedAt,
        EndedAt = row.EndedAt,
        Result = row.Result,
        RetrainRunId = row.RetrainRun,
        Gates = row.Evidence,
        Approvals = await _store.ApprovalsAsync(row.Id, cancellationToken).ConfigureAwait(false),
        Transitions = await _store.TransitionsAsync(row.Id, cancellationToken).ConfigureAwait(false),
    };

    private async ValueTask EnsureReadyAsync(CancellationToken cancellationToken)
    {
        await _services.GetRequiredKeyedService<PipelineEngine>(_context.Name).EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        await _store.Area.EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask MirrorAsync(PromotionRow row)
    {
        var source = Environments()[row.Source].Get<Promotions>();
        await source.EnsureReadyAsync(CancellationToken.None).ConfigureAwait(false);
        await source._store.MirrorAsync(_context.Name, row, await _store.TransitionsAsync(row.Id, CancellationToken.None).ConfigureAwait(false)).ConfigureAwait(false);
        if (row.EndedAt is not null)
            await _store.SetMirroredAsync(row).ConfigureAwait(false);
    }

    private EnvironmentPolicy? Policy() => _services.GetKeyedService<EnvironmentPolicy>(_context.Name);

    private IMlOpsEnvironments Environments() => _services.GetRequiredService<IMlOpsEnvironments>();

    [LoggerMessage(5040, LogLevel.Error, "Promotion {PromotionId} was interrupted; it goes on with the next round")]
    private static partial void LogInterrupted(ILogger logger, string promotionId, Exception error);

    [LoggerMessage(5041, LogLevel.Information, "Promotion {PromotionId} of {Version} from {Source} is {State}: {Detail}")]
    private static partial void LogMoved(ILogger logger, string promotionId, ModelVersionRef version, string source, PromotionState state, string detail);
}
