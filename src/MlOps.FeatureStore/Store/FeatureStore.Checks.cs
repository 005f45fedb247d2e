namespace MlOps.Features;

internal sealed partial class FeatureStore
{
    private readonly FeatureQuarantine _quarantine;

    /// <inheritdoc />
    public IFeatureQuarantine Quarantine => _quarantine;

    // Before anything is written: a batch that fails is kept apart whole.
    internal async ValueTask CheckBatchAsync(FeatureView view, DataFrame rows, string key, long? offset, CancellationToken cancellationToken)
    {
        if (view.Checks?.Run(rows) is not { Passed: false } report)
            return;
        // Checks may have become stricter since the batch was ingested: repeating it stays without effect.
        if (offset is null && await _quarantine.IsIngestedAsync(view, key, cancellationToken).ConfigureAwait(false))
            return;
        var id = await _quarantine.HoldAsync(view, rows, key, offset, report, cancellationToken).ConfigureAwait(false);
        throw new DataCheckException(
            $"Feature view '{view.Name}': batch '{key}'{(offset is { } at ? $" at offset {at}" : "")} was refused whole: {report.Describe()}. {(id is null ? "It is larger than the quarantine and was not kept; correct it and ingest it again." : $"It is kept as '{id}': see store.Quarantine for its report and rows, correct and release it, or discard it.")}",
            report, id);
    }

    private static DataFrame CheckFrame(string service, DataFrame frame, DataChecks? checks) =>
        checks?.Run(frame) is { Passed: false } report
            ? throw new DataCheckException($"The training frame of '{service}' was refused: {report.Describe()}. Correct the data or the checks; the exception's report names the rows.", report)
            : frame;

    private async ValueTask<long> ApplyQuarantinedAsync(QuarantinedBatch batch, DataFrame rows, bool check, CancellationToken cancellationToken)
    {
        var view = ViewOf(batch.View, FeatureUse.Write);
        if (view.Version != batch.Version)
            throw new InvalidInputException($"The quarantined batch '{batch.Id}' is for version {batch.Version} of view '{view.Name}', but the host declares version {view.Version}. Take its rows, ingest them under a new key, and discard it.");
        if (check && view.Checks?.Run(rows) is { Passed: false } report)
            throw new DataCheckException($"Feature view '{view.Name}': the corrected batch '{batch.Key}' was refused: {report.Describe()}. The quarantined batch '{batch.Id}' stays.", report, batch.Id);
        if (batch.Offset is null)
            return (await _offline[view.Name].IngestCorrectedAsync(rows, batch.Key, cancellationToken).ConfigureAwait(false)).Rows;
        var decoded = RowBatchReader.Read(view.Plan, rows);
        CheckKnown(view, decoded);
        // A source of its own: the offsets of the original one have moved on since.
        await _online[view.Name].PushAsync(new PushRecord($"quarantine/{batch.Id}", 0, decoded), cancellationToken).ConfigureAwait(false);
        return decoded.Count;
    }
}
