namespace MlOps.Features;

/// <summary>The batches that failed their views' checks: nothing of them was applied, all of their rows are kept. Thread-safe.</summary>
public interface IFeatureQuarantine
{
    /// <summary>The batches, the newest first.</summary>
    /// <param name="view">Of one view; null for all.</param>
    /// <param name="includeClosed">Whether also those that were released, discarded or dropped.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The batches.</returns>
    ValueTask<IReadOnlyList<QuarantinedBatch>> ListAsync(string? view = null, bool includeClosed = false, CancellationToken cancellationToken = default);

    /// <summary>One batch.</summary>
    /// <param name="id">Its id, as in <see cref="DataCheckException.QuarantineId"/>.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The batch.</returns>
    /// <exception cref="NotFoundException">There is no such batch.</exception>
    ValueTask<QuarantinedBatch> GetAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>What the checks found in a batch, with values of the first failing rows.</summary>
    /// <param name="id">The batch.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The report.</returns>
    /// <exception cref="NotFoundException">There is no such batch.</exception>
    ValueTask<DataCheckReport> GetReportAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>The rows of a batch as they were given, columns that the view does not read among them.</summary>
    /// <param name="id">The batch.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The rows.</returns>
    /// <exception cref="NotFoundException">There is no such batch, or its rows are not kept any more.</exception>
    ValueTask<DataFrame> GetRowsAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Applies corrected rows in place of a batch, under its key; they are checked. Safe to repeat after a crash.</summary>
    /// <param name="id">The batch.</param>
    /// <param name="corrected">The rows to apply.</param>
    /// <param name="cancellationToken">Cancels before they are applied.</param>
    /// <returns>Rows applied.</returns>
    /// <exception cref="DataCheckException">The corrected rows fail, too; the batch stays.</exception>
    /// <exception cref="NotFoundException">There is no such batch, or it is closed.</exception>
    ValueTask<long> ReleaseAsync(string id, DataFrame corrected, CancellationToken cancellationToken = default);

    /// <summary>Applies a batch as it is, against its checks. Recorded in the audit trail. Safe to repeat after a crash.</summary>
    /// <param name="id">The batch.</param>
    /// <param name="reason">Why it is right nevertheless.</param>
    /// <param name="cancellationToken">Cancels before it is applied.</param>
    /// <returns>Rows applied.</returns>
    /// <exception cref="NotFoundException">There is no such batch, or it is closed.</exception>
    ValueTask<long> ReleaseAsync(string id, string reason, CancellationToken cancellationToken = default);

    /// <summary>Throws a batch away. Recorded in the audit trail.</summary>
    /// <param name="id">The batch.</param>
    /// <param name="reason">Why.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>When it is gone.</returns>
    /// <exception cref="NotFoundException">There is no such batch, or it is closed.</exception>
    ValueTask DiscardAsync(string id, string reason, CancellationToken cancellationToken = default);
}
