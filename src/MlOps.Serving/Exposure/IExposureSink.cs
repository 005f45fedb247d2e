namespace MlOps.Serving;

/// <summary>Receives exposures off the request path, for instance for an experiment platform. Registered as a service keyed by environment; the store keeps them besides.</summary>
public interface IExposureSink
{
    /// <summary>Takes exposures. A key may come again for the same revision, from this or another process. An exception is logged and counts the batch as dropped here.</summary>
    /// <param name="exposures">The exposures, oldest first.</param>
    /// <param name="cancellationToken">Cancels when the host stops.</param>
    /// <returns>A task that ends when they are taken.</returns>
    ValueTask WriteAsync(IReadOnlyList<ExposureRecord> exposures, CancellationToken cancellationToken = default);
}
