namespace MlOps.Serving;

internal sealed partial class EndpointSet
{
    /// <summary>Loads what has traffic. One endpoint that cannot be loaded does not keep the others from it.</summary>
    public async ValueTask<ServingReadiness> WarmUpAsync(CancellationToken cancellationToken = default)
    {
        await RefreshAsync(cancellationToken).ConfigureAwait(false);
        var endpoints = await ServingAsync(cancellationToken).ConfigureAwait(false);
        await Task.WhenAll(endpoints.Select(endpoint => WarmUpAsync(endpoint, cancellationToken))).ConfigureAwait(false);
        return await GetReadinessAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<ServingReadiness> GetReadinessAsync(CancellationToken cancellationToken)
    {
        var statuses = (await ServingAsync(cancellationToken).ConfigureAwait(false))
            .Select(endpoint => endpoint.Status())
            .Select(status => status.IsReady || _options.WarmUpAtStart || status.LastError is not null ? status : status with { IsReady = true })
            .ToArray();
        return new ServingReadiness(statuses.All(status => status.IsReady), statuses);
    }

    private static async Task WarmUpAsync(Endpoint endpoint, CancellationToken cancellationToken)
    {
        try
        {
            await endpoint.WarmUpAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (MlOpsException)
        {
            // It says so itself, in its status.
        }
    }

    private async ValueTask<List<Endpoint>> ServingAsync(CancellationToken cancellationToken)
    {
        var (_, newest) = await _traffic.ListAsync(cancellationToken).ConfigureAwait(false);
        var serving = new List<Endpoint>(newest.Count);
        foreach (var (name, _) in newest)
        {
            var endpoint = Get(name);
            if (endpoint.IsLoaded || (await _traffic.FindAsync(name, cancellationToken).ConfigureAwait(false)) is { Document.Shares.Count: > 0 })
                serving.Add(endpoint);
        }

        return serving;
    }
}
