namespace MlOps.Features;

internal sealed partial class FeatureStore
{
    private FeatureStreams? _streams;

    /// <inheritdoc />
    public IFeatureStreams Streams => LazyInitializer.EnsureInitialized(ref _streams, () => new FeatureStreams(this, _context));

    /// <summary>Reads rows as a push does, and refuses what a push refuses.</summary>
    internal RowBatch ReadPushed(FeatureView view, DataFrame rows)
    {
        var batch = RowBatchReader.Read(view.Plan, rows);
        CheckKnown(view, batch);
        return batch;
    }

    internal async ValueTask PushCheckedAsync(FeatureView view, RowBatch rows, string source, long offset) =>
        await _online[view.Name].PushAsync(new PushRecord(source, offset, rows), CancellationToken.None).ConfigureAwait(false);

    /// <summary>The last offset of a source that is in a view's online state; -1 when there is none.</summary>
    internal async ValueTask<long> LastOffsetAsync(FeatureView view, string source, CancellationToken cancellationToken) =>
        await _online[view.Name].ChangeAsync(
            checkpoint => ((OnlineCheckpoint?)null, checkpoint.Sources.TryGetValue(source, out var offset) ? offset : -1), cancellationToken).ConfigureAwait(false);
}
