using Microsoft.Extensions.Logging;

namespace MlOps.Serving;

internal sealed partial class Endpoint
{
    public async ValueTask<long> SetTrafficAsync(TrafficPolicy policy, string reason, long? expectedRevision = null, CancellationToken cancellationToken = default)
    {
        context.Access.Require(EnvironmentPermission.MoveAliases, $"the traffic of endpoint '{Name}'");
        ArgumentNullException.ThrowIfNull(policy);
        policy = await ResolveAsync(policy, cancellationToken).ConfigureAwait(false);
        policy.Validate();
        return (await ChangeAsync(document => document.Next(policy), policy, reason, expectedRevision, cancellationToken).ConfigureAwait(false)).Revision;
    }

    public async ValueTask<long> StopAsync(string reason, CancellationToken cancellationToken = default)
    {
        context.Access.Require(EnvironmentPermission.MoveAliases, $"the traffic of endpoint '{Name}'");
        return (await ChangeAsync(Stopped, null, reason, null, cancellationToken).ConfigureAwait(false)).Revision;
    }

    public async ValueTask<TrafficPolicy?> GetTrafficAsync(CancellationToken cancellationToken = default)
    {
        context.Access.Require(EnvironmentPermission.Read, $"the traffic of endpoint '{Name}'");
        return (await traffic.FindAsync(Name, cancellationToken).ConfigureAwait(false))?.Document.ToPolicy();
    }

    public async ValueTask<IReadOnlyList<TrafficChange>> GetHistoryAsync(CancellationToken cancellationToken = default)
    {
        context.Access.Require(EnvironmentPermission.Read, $"the traffic of endpoint '{Name}'");
        var rows = await traffic.HistoryAsync(Name, cancellationToken).ConfigureAwait(false);
        return [.. rows.Select(row => new TrafficChange(Name, row.Revision, row.Document.ToPolicy(), row.Reason, row.ChangedBy, row.ChangedAt))];
    }

    public void DeclareFeatures(IReadOnlyList<string> featureNames)
    {
        ArgumentNullException.ThrowIfNull(featureNames);
        var declared = Interlocked.CompareExchange(ref _declared, featureNames, null);
        if (declared is not null && !declared.SequenceEqual(featureNames))
            throw new InvalidDefinitionException(
                $"Two callers of endpoint '{Name}' send different features: {string.Join(", ", declared)} and {string.Join(", ", featureNames)}.");
        if (Volatile.Read(ref _state) is { } state)
        {
            foreach (var version in state.All)
                version.CheckFeatures(featureNames);
        }
    }

    public async ValueTask<EndpointStatus> WarmUpAsync(CancellationToken cancellationToken = default)
    {
        await EnsureLoadedAsync(cancellationToken).ConfigureAwait(false);
        await PrepareFallbacksAsync(cancellationToken).ConfigureAwait(false);
        return Status();
    }

    public EndpointStatus Status()
    {
        var state = Volatile.Read(ref _state);
        return new EndpointStatus(Name, state?.Row.Revision ?? 0, state?.Policy, state?.All.Sum(version => version.Engine.QueuedRows) ?? 0, _lastError)
        {
            Circuits = _resilience?.Circuits ?? [], Shadow = state?.Shadow?.Report(), IsReady = state is not null,
        };
    }

    /// <summary>Restores a document that was current once, its ranges included.</summary>
    public ValueTask<TrafficRow> RestoreAsync(TrafficDocument document, string reason, CancellationToken cancellationToken) =>
        ChangeAsync(_ => document, document.ToPolicy(), reason, null, cancellationToken);

    /// <summary>Follows the stored traffic if it is newer; when it cannot be served, what serves now goes on.</summary>
    /// <returns>Whether this process serves what is stored.</returns>
    public async ValueTask<bool> RefreshAsync(CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var row = await traffic.FindAsync(Name, cancellationToken).ConfigureAwait(false);
            if (row is not null && row.Revision != _state?.Row.Revision)
                await FollowAsync(row, LoadIntent.Explicit, cancellationToken).ConfigureAwait(false);
            _lastError = null;
            return true;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _lastError = e.Message;
            LogRefreshFailed(_logger, Name, e);
            return false;
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Ends serving in this process; requests in flight are answered first.</summary>
    public async ValueTask CloseAsync()
    {
        await CloseFallbacksAsync().ConfigureAwait(false);
        await _changing.WaitAsync().ConfigureAwait(false);
        try
        {
            Swap(null);
            await Task.WhenAll(_retiring).ConfigureAwait(false);
        }
        finally
        {
            _changing.Release();
        }
    }

    private static TrafficDocument Stopped(TrafficDocument document) => document with { Shares = [], Ranges = [], ShadowVersion = null, ShadowShare = 0, ShadowTolerance = null, Kind = null, Ramp = null, Bandit = null };

    private async ValueTask EnsureLoadedAsync(CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_state is { } state)
            {
                if (state.All.Any(version => version.IsRetired))
                    Switch(state.Row, state.Policy, await LoadAsync(state.Policy, LoadIntent.Reload, cancellationToken).ConfigureAwait(false), isReload: true);
                return;
            }

            var row = await traffic.FindAsync(Name, cancellationToken).ConfigureAwait(false);
            if (row is null || row.Document.Shares.Count == 0)
            {
                var (_, known) = await traffic.ListAsync(cancellationToken).ConfigureAwait(false);
                throw new NotFoundException(
                    row is null
                        ? $"Endpoint '{Name}' of environment '{context.Name}' does not serve: set its traffic or deploy a model version. {NearestNames.Describe(Name, known.Select(pair => pair.Endpoint))}"
                        : $"Endpoint '{Name}' of environment '{context.Name}' was stopped: {row.Reason}");
            }

            try
            {
                await FollowAsync(row, LoadIntent.Reload, cancellationToken).ConfigureAwait(false);
                _lastError = null;
            }
            catch (MlOpsException e)
            {
                _lastError = e.Message;
                throw;
            }
        }
        finally
        {
            _changing.Release();
        }
    }

    // First load, then make durable, then switch: a version that cannot be served changes nothing, and what is durable can be served.
    private async ValueTask<TrafficRow> ChangeAsync(
        Func<TrafficDocument, TrafficDocument> next, TrafficPolicy? policy, string reason, long? expected, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reason);
        await _changing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var loaded = policy is null ? LoadedVersions.None : await LoadAsync(policy, LoadIntent.Explicit, cancellationToken).ConfigureAwait(false);
            TrafficRow row;
            try
            {
                row = await traffic.ChangeAsync(Name, next, reason, expected, cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                loaded.Dispose();
                throw;
            }

            if (row.Revision == _state?.Row.Revision)
            {
                loaded.Dispose();
                return row;
            }

            Switch(row, policy, loaded);
            _lastError = null;
            return row;
        }
        finally
        {
            _changing.Release();
        }
    }

    private async ValueTask FollowAsync(TrafficRow row, LoadIntent intent, CancellationToken cancellationToken)
    {
        var policy = row.Document.ToPolicy();
        Switch(row, policy, policy is null ? LoadedVersions.None : await LoadAsync(policy, intent, cancellationToken).ConfigureAwait(false));
    }

    // Under the gate: the versions of a policy, held until it is switched to, those that serve already taken over.
    private async ValueTask<LoadedVersions> LoadAsync(TrafficPolicy policy, LoadIntent intent, CancellationToken cancellationToken)
    {
        var loaded = new LoadedVersions();
        try
        {
            foreach (var share in policy.Shares)
                loaded.Serving.Add(await LeaseAsync(share.Version, intent, cancellationToken).ConfigureAwait(false));
            if (policy.Shadow is { } shadow)
                loaded.Shadow = await LeaseAsync(shadow.Version, intent, cancellationToken).ConfigureAwait(false);
            return loaded;
        }
        catch
        {
            loaded.Dispose();
            throw;
        }
    }

    private async ValueTask<ModelLease> LeaseAsync(ModelVersionRef version, LoadIntent intent, CancellationToken cancellationToken)
    {
        var lease = await pool.LeaseAsync(version, pool.Loader.BatchingOf(Name), intent, cancellationToken).ConfigureAwait(false);
        try
        {
            if (_declared is { } declared)
                lease.Served.CheckFeatures(declared);
        }
        catch
        {
            lease.Dispose();
            throw;
        }

        return lease;
    }

    private void Switch(TrafficRow row, TrafficPolicy? policy, LoadedVersions loaded, bool isReload = false)
    {
        using (loaded)
        {
            if (policy is null)
            {
                Swap(null);
            }
            else
            {
                var shadow = loaded.Shadow is not { } held ? null
                    : held.Served == _state?.Shadow?.Version && policy.Shadow!.Tolerance == _state.Policy.Shadow?.Tolerance ? _state.Shadow
                    : Mirror(loaded, policy.Shadow!.Tolerance);
                foreach (var lease in loaded.Serving)
                {
                    if (_state?.Versions.Contains(lease.Served) != true)
                    {
                        pool.Attach(Name, lease);
                        LogLoaded(_logger, Name, lease.Served.VersionText, lease.Model.Bytes);
                    }
                }

                var trial = isReload ? _state?.Trial : TrialOf(row, policy);
                Swap(new EndpointState(row, policy, [.. loaded.Serving.Select(lease => lease.Served)], shadow, trial));
            }
        }

        if (!isReload)
            LogTraffic(_logger, Name, row.Revision, row.Reason);
    }

    // The mirror keeps the lease: no request of its own would load an unloaded shadow again.
    private ShadowMirror Mirror(LoadedVersions loaded, double tolerance)
    {
        var lease = loaded.Shadow!.Value;
        loaded.Shadow = null;
        pool.Attach(Name, lease);
        return new ShadowMirror(Name, lease.Served, context, sinks, metrics, options.ShadowQueueLimit, tolerance, () =>
        {
            var left = pool.DetachAsync(Name, lease.Served.Version);
            lease.Dispose();
            return left;
        });
    }

    private void Swap(EndpointState? next)
    {
        var former = Interlocked.Exchange(ref _state, next);
        if (former is null)
            return;
        _retiring.RemoveAll(task => task.IsCompleted);
        foreach (var version in former.Versions)
        {
            if (next?.Versions.Contains(version) != true)
                _retiring.Add(pool.DetachAsync(Name, version.Version));
        }

        if (former.Shadow is { } shadow && shadow != next?.Shadow)
            _retiring.Add(shadow.CloseAsync());
    }

    /// <summary>The versions of a policy, each held until the endpoint has switched to it.</summary>
    private sealed class LoadedVersions : IDisposable
    {
        public static LoadedVersions None => new();

        public List<ModelLease> Serving { get; } = [];

        public ModelLease? Shadow { get; set; }

        public void Dispose()
        {
            foreach (var lease in Serving)
                lease.Dispose();
            Shadow?.Dispose();
        }
    }
}
