namespace MlOps.Serving;

internal sealed partial class Endpoint
{
    /// <summary>The revision of the traffic that serves here; 0 when none does.</summary>
    public long Revision => Volatile.Read(ref _state)?.Row.Revision ?? 0;

    /// <summary>The aliases that what serves here follows.</summary>
    public IEnumerable<(string Model, string Alias)> Aliases =>
        Volatile.Read(ref _state)?.Policy.Shares.Where(share => share.Alias is not null).Select(share => (share.Version.Model, share.Alias!)) ?? [];

    public ValueTask<long> FollowAsync(string alias, string reason, string? model = null, CancellationToken cancellationToken = default) =>
        SetTrafficAsync(new TrafficPolicy { Shares = [TrafficShare.Following(model ?? Name, alias)] }, reason, null, cancellationToken);

    /// <summary>Follows aliases that moved; when a version cannot be served, what serves now goes on.</summary>
    /// <returns>Whether what is served is what the aliases say.</returns>
    public async ValueTask<bool> FollowAliasesAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _state) is not { } state)
            return true;
        try
        {
            var policy = await ResolveAsync(state.Policy, cancellationToken).ConfigureAwait(false);
            if (policy.Shares.SequenceEqual(state.Policy.Shares))
            {
                _lastError = null;
                return true;
            }

            var moved = policy.Shares.Where(share => share.Alias is not null && !state.Policy.Shares.Contains(share)).Select(share => $"alias '{share.Alias}' moved to {share.Version}");
            await ChangeAsync(document => document.Next(policy), policy, string.Join(", ", moved), state.Row.Revision, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (ConcurrencyConflictException)
        {
            // Another process was first: its change is followed as any other.
            return await RefreshAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (MlOpsException e)
        {
            _lastError = e.Message;
            LogRefreshFailed(_logger, Name, e);
            return false;
        }
    }

    // Where two shares come to the same version, the first one takes the other's weight.
    private async ValueTask<TrafficPolicy> ResolveAsync(TrafficPolicy policy, CancellationToken cancellationToken)
    {
        if (policy.Shares.All(share => share.Alias is null))
            return policy;
        var shares = new List<TrafficShare>(policy.Shares.Count);
        foreach (var share in policy.Shares)
        {
            var version = share.Alias is not { } alias ? share.Version
                : await pool.Loader.ResolveAsync(share.Version.Model, alias, cancellationToken).ConfigureAwait(false)
                ?? throw new NotFoundException($"Endpoint '{Name}' follows alias '{alias}' of model '{share.Version.Model}', which points at no version: set the alias, or the endpoint's traffic.");
            var same = shares.FindIndex(candidate => candidate.Version == version);
            if (same < 0)
                shares.Add(share with { Version = version });
            else
                shares[same] = shares[same] with { Weight = shares[same].Weight + share.Weight };
        }

        return policy with { Shares = shares };
    }
}
