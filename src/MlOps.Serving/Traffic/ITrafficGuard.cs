namespace MlOps.Serving;

/// <summary>Watches ramps for what serving cannot know, such as measured quality. Registered as a service keyed by environment. Thread-safe.</summary>
public interface ITrafficGuard
{
    /// <summary>Says whether a ramp must stop. Asked about once per <see cref="ServingOptions.PollInterval"/> and process.</summary>
    /// <param name="report">What the endpoint serves and what it answered in the present step.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Why it must stop; null lets it go on.</returns>
    ValueTask<string?> CheckAsync(TrafficReport report, CancellationToken cancellationToken = default);
}
