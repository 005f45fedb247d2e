namespace MlOps.Serving;

/// <summary>How a stream of requests is answered.</summary>
public sealed record StreamOptions
{
    /// <summary>Requests in flight at most; no more are read from the source while so many wait to be answered or taken.</summary>
    /// <value>Default: 512, twice a full batch.</value>
    public int Window { get; init; } = 512;

    /// <summary>Whether a request that is refused because the queue is full waits as long as the refusal says and asks again.</summary>
    /// <value>Default: true. Otherwise the refusal ends the stream.</value>
    public bool WaitWhenOverloaded { get; init; } = true;
}
