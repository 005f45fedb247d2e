namespace MlOps.Serving;

/// <summary>
/// Receives sampled copies of requests and answers off the request path, one batch at a time; slow sinks lose copies and slow nobody.
/// Registered as a service keyed by environment. What must see every answer at once is an <see cref="IPredictionSink"/>.
/// </summary>
public interface IPayloadSink
{
    /// <summary>Takes copies. The records and their memories belong to the sink. An exception is logged and the batch counted as dropped.</summary>
    /// <param name="records">The copies, oldest first.</param>
    /// <param name="cancellationToken">Cancels when the host stops.</param>
    /// <returns>A task that ends when they are taken.</returns>
    ValueTask WriteAsync(IReadOnlyList<PredictionRecord> records, CancellationToken cancellationToken = default);
}
