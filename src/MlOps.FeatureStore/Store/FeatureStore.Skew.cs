namespace MlOps.Features;

internal sealed partial class FeatureStore : ISkewStore
{
    private SkewAudit? _skew;

    /// <inheritdoc />
    public ISkewAudit Skew => Auditor;

    EnvironmentContext ISkewStore.Context => _context;

    private SkewAudit Auditor => LazyInitializer.EnsureInitialized(ref _skew, () => new SkewAudit(this, _options.SkewAudit));

    BoundService ISkewStore.Bound(string service) => ServiceOf(service, FeatureUse.Values);

    IReadOnlyCollection<BoundService> ISkewStore.AllServices => _services.Values;

    bool ISkewStore.SeesValues(string service) => _services.TryGetValue(service, out var found) && SightOf(new CallerSight(_context.Access), found) == FeatureVisibility.Values;

    void ISkewStore.RequireWhole(string view) => ViewOf(view, FeatureUse.Write);

    OnlineMarks ISkewStore.MarksOf(string view) => _online[view].Checkpoint is { } checkpoint
        ? new OnlineMarks(checkpoint.State.ExactFrom, checkpoint.State.AvailableUpTo, checkpoint.MaterializedUpTo)
        : new OnlineMarks(long.MinValue, long.MinValue, long.MinValue);

    async ValueTask<ISkewHistory> ISkewStore.OpenHistoryAsync(FeatureView view, CancellationToken cancellationToken) =>
        new SkewHistory(await _offline[view.Name].OpenAsync(cancellationToken).ConfigureAwait(false));

    /// <summary>The history of a view for the audit: the join of the training frames, under any plan over the same columns.</summary>
    private sealed class SkewHistory(OfflineSnapshot snapshot) : ISkewHistory
    {
        private long? _newest;

        public FeatureView View => snapshot.Plan.View;

        public long NewestAvailable => _newest ??= FindNewest();

        public float[][] Replay(string?[][] keys, long[] times, long delay, FeatureView? probe = null)
        {
            var plan = probe?.Plan ?? snapshot.Plan;
            var codes = KeyCodes.Combine([.. keys.Select(part => KeyCodes.OfColumn(DataColumn.FromText("key", part), "Skew audit"))]);
            var outputs = Array.ConvertAll(plan.Features, feature => (FeatureOutput?)FeatureOutput.Create(feature.Type, times.Length));
            // Not disposed: the segments stay held by the first snapshot.
            var history = probe is null
                ? snapshot
                : new OfflineSnapshot(plan, snapshot.Segments) { MaxCommit = snapshot.MaxCommit, MinEvent = snapshot.MinEvent, Erasures = snapshot.Erasures };
            PointInTimeJoin.Run([new JoinPart(history, SpineGroups.Of(codes, times), false, delay, outputs)], CancellationToken.None);
            return Array.ConvertAll(outputs, output =>
            {
                var floats = new float[times.Length];
                SkewAudit.CopyFloats(output!.Build("feature"), floats);
                return floats;
            });
        }

        public void Dispose() => snapshot.Dispose();

        private long FindNewest()
        {
            var newest = long.MinValue;
            snapshot.ForEachAvailable(piece =>
            {
                foreach (var moment in piece)
                    newest = Math.Max(newest, moment);
            });
            return newest;
        }
    }
}
