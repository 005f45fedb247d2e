using MlOps.Serving;

namespace MlOps.AspNetCore;

/// <summary>Whether everything that has traffic in an environment is warm in this process. Asked by anybody, so it looks at most every 100 milliseconds.</summary>
internal sealed class Readiness(ServedEnvironment environment, Draining draining)
{
    private const long LookAgainAfterMilliseconds = 100;

    private readonly SemaphoreSlim _looking = new(1, 1);
    private (IReadOnlyList<string> NotWarm, long At)? _last;

    /// <summary>The endpoints with traffic that are not warm; null while the host is stopping.</summary>
    public async ValueTask<IReadOnlyList<string>?> NotWarmAsync(CancellationToken cancellationToken)
    {
        if (draining.HasBegun)
            return null;
        await _looking.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_last is { } last && Environment.TickCount64 - last.At < LookAgainAfterMilliseconds)
                return last.NotWarm;
            var endpoints = await environment.ListAsync(cancellationToken).ConfigureAwait(false);
            string[] notWarm = [.. endpoints.Where(status => !IsWarm(status)).Select(status => status.Name)];
            _last = (notWarm, Environment.TickCount64);
            return notWarm;
        }
        finally
        {
            _looking.Release();
        }
    }

    /// <summary>Whether an endpoint is loaded: one that this process has not loaded has no revision.</summary>
    public static bool IsWarm(EndpointStatus status) => status.Revision > 0;
}
