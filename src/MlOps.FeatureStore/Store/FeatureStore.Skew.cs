namespace MlOps.Features;

internal sealed partial class FeatureStore : ISkewStore
{
    private SkewAudit? _skew;

    /// <inheritdoc />
    public ISkewAudit Skew => SkewAudit;

    EnvironmentContext ISkewStore.Context => _context;

    private SkewAudit SkewAudit => LazyInitializer.EnsureInitialized(ref _skew, () => new SkewAudit(this, _options.SkewAudit));

    BoundService ISkewStore.Bound(string service) => ServiceOf(service, FeatureUse.Values);

    OnlineMarks ISkewStore.MarksOf(string view) => _online[view].Checkpoint is { } checkpoint
        ? new OnlineMarks(checkpoint.State.ExactFrom, checkpoint.State.AvailableUpTo, checkpoint.MaterializedUpTo)
        : new OnlineMarks(long.MinValue, long.MinValue, long.MinValue);

    async ValueTask<ISkewHistory> ISkewStore.OpenHistoryAsync(FeatureView view, CancellationToken cancellationToken) =>
        new OfflineHistory(await _offline[view.Name].OpenAsync(cancellationToken).ConfigureAwait(false));

    /// <summary>The history of a view for the audit: the join of the training frames, under any plan over the same columns.</summary>
    private sealed class OfflineHistory(OfflineSnapshot snapshot) : ISkewHistory
    {
        private long? _newest;

        public FeatureView View => snapshot.Plan.View;

        public long NewestAvailable => _newest ??= snapshot.Segments.Length == 0 ? long.MinValue : snapshot.Segments.Max(segment => Newest(segment.Reader.Available));

        public float[][] Replay(string?[][] keys, long[] times, long delay, FeatureView? probe = null)
        {
            var plan = probe?.Plan ?? snapshot.Plan;
            var codes = KeyCodes.Combine([.. keys.Select(part => KeyCodes.OfColumn(DataColumn.Create("key", part!), "Skew audit"))]);
            float[][] outputs = [.. plan.Features.Select(_ => new float[times.Length])];
            // Not disposed: the segments stay held by the first snapshot.
            var history = probe is null ? snapshot : new OfflineSnapshot(plan, snapshot.Keys, snapshot.Segments);
            PointInTimeJoin.Run(history, codes, times, corrected: false, delay, outputs, CancellationToken.None);
            return outputs;
        }

        public void Dispose() => snapshot.Dispose();

        private static long Newest(ReadOnlySpan<long> available)
        {
            var newest = long.MinValue;
            foreach (var moment in available)
                newest = Math.Max(newest, moment);
            return newest;
        }
    }
}
