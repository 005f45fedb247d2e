using System.Diagnostics;

namespace MlOps.Serving;

/// <summary>Deployment: a model is served by the endpoint of its own name.</summary>
internal sealed partial class EndpointSet
{
    // By the pool, so that a version that is served already is not loaded beside itself; one that is not goes again afterwards.
    public async ValueTask<DeploymentCheck> VerifyAsync(ModelVersionRef version, CancellationToken cancellationToken = default)
    {
        var begin = Stopwatch.GetTimestamp();
        try
        {
            using var lease = await _pool.LeaseAsync(version, _pool.Loader.BatchingOf(version.Model), LoadIntent.Explicit, cancellationToken).ConfigureAwait(false);
            var (runtime, status) = (lease.Runtime, _pool.Describe(version));
            var times = await Task.Run(() => ModelLoader.MeasureSingle(runtime), cancellationToken).ConfigureAwait(false);
            return new DeploymentCheck(
                true, lease.Model.Report, status.LoadTime, times[times.Length / 2], times[Math.Min(times.Length - 1, times.Length * 99 / 100)], status.MemoryBytes);
        }
        catch (MlOpsException e)
        {
            return new DeploymentCheck(false, e.Message, Stopwatch.GetElapsedTime(begin), TimeSpan.Zero, TimeSpan.Zero, 0);
        }
    }

    public async ValueTask<string?> DeployAsync(ModelVersionRef version, double share, string reason, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.MoveAliases, "the traffic of endpoints");
        if (!(share is > 0 and <= 1))
            throw new InvalidDefinitionException($"The share {share} of {version} is not allowed: it lies above 0 and at most at 1.");
        var endpoint = Get(version.Model);
        var row = await _traffic.FindAsync(endpoint.Name, cancellationToken).ConfigureAwait(false);
        var current = row?.Document.ToPolicy();
        var beside = current?.Shares.Where(candidate => candidate.Version != version).MaxBy(candidate => candidate.Weight);
        var policy = share >= 1 || current is null || (beside is null && current.Shares.Count == 1)
            ? TrafficPolicy.Single(version)
            : TrafficPolicy.Canary(beside!.Version, version, share);
        policy = policy with { Shadow = current?.Shadow };
        if (row is not null && row.Document.Next(policy).ToJson() == row.Document.ToJson())
        {
            // Called again after a crash: what to go back to is what stood before the first call.
            var before = row.Revision > 1 ? await _traffic.FindAsync(endpoint.Name, row.Revision - 1, cancellationToken).ConfigureAwait(false) : null;
            await endpoint.WarmUpAsync(cancellationToken).ConfigureAwait(false);
            return before is { Document.Shares.Count: > 0 } ? before.Document.ToJson() : null;
        }

        await endpoint.SetTrafficAsync(policy, reason, row?.Revision ?? 0, cancellationToken).ConfigureAwait(false);
        return current is null ? null : row!.Document.ToJson();
    }

    public async ValueTask RestoreAsync(string model, string? traffic, string reason, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.MoveAliases, "the traffic of endpoints");
        var endpoint = Get(model);
        if (traffic is null)
        {
            if (await _traffic.FindAsync(model, cancellationToken).ConfigureAwait(false) is { Document.Shares.Count: > 0 })
                await endpoint.StopAsync(reason, cancellationToken).ConfigureAwait(false);
            return;
        }

        await endpoint.RestoreAsync(TrafficDocument.Parse(traffic), reason, cancellationToken).ConfigureAwait(false);
    }
}
