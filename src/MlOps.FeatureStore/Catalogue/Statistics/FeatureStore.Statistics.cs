namespace MlOps.Features;

internal sealed partial class FeatureStore
{
    private const string MomentColumn = "moment of the row";

    /// <summary>The statistics of every feature of a view over its whole history, a piece at a time, whatever the caller may see of them.</summary>
    internal async ValueTask<(FeatureView View, List<(string Feature, StatisticsDocument Statistics)> Computed)> ComputeStatisticsAsync(string view, CancellationToken cancellationToken)
    {
        var definition = ViewOf(view, FeatureUse.Metadata);
        await EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        var bound = new BoundService(FeatureService.Define("statistics").View(view, alias: "s").Build(), _views);
        var accumulators = definition.Features.Select(feature => new StatisticsAccumulator(feature.Sensitivity != FeatureSensitivity.Personal)).ToArray();
        var options = new TrainingFrameOptions();
        using (var history = await _offline[view].OpenAsync(cancellationToken).ConfigureAwait(false))
        {
            foreach (var spine in SpineBatches(history, bound.KeyNames, Math.Clamp((1 << 23) / definition.FeatureNames.Count, 1024, 1 << 16)))
            {
                cancellationToken.ThrowIfCancellationRequested();
                var frame = await JoinAsync(bound, spine, MomentColumn, options, cancellationToken).ConfigureAwait(false);
                for (var i = 0; i < accumulators.Length; i++)
                    accumulators[i].Add(frame[bound.FeatureNames[i]]);
            }
        }

        return (definition, [.. accumulators.Select((accumulator, i) => (definition.FeatureNames[i], accumulator.ToDocument()))]);
    }

    /// <summary>The newest availability online, if this process declares that version of the view and has its state open.</summary>
    internal Timestamp? OnlineUpTo(string view, int version) =>
        _views.TryGetValue(view, out var known) && known.Version == version && _online[view].Checkpoint?.State.AvailableUpTo is { } upTo and not long.MinValue ? new Timestamp(upTo) : null;

    // Every stored row as a spine row at the moment from which it counts, entity by entity.
    private static IEnumerable<DataFrame> SpineBatches(OfflineSnapshot history, IReadOnlyList<string> keyNames, int length)
    {
        var rows = new EntityRows(history.Plan);
        var entities = history.Entities();
        var moments = new List<Timestamp>(length);
        var columns = keyNames.Select(_ => new List<string>(length)).ToArray();
        while (entities.MoveNext())
        {
            rows.Load(history, entities.Locals, long.MinValue, long.MaxValue - 1, timesOnly: true);
            var key = entities.KeyParts();
            for (var i = 0; i < rows.Count; i++)
            {
                moments.Add(new Timestamp(Math.Max(rows.Event[i], rows.Available[i])));
                for (var p = 0; p < columns.Length; p++)
                    columns[p].Add(key[p]);
                if (moments.Count == length)
                    yield return Take();
            }
        }

        if (moments.Count > 0)
            yield return Take();

        DataFrame Take()
        {
            var frame = new DataFrame([.. columns.Select((column, p) => DataColumn.Create(keyNames[p], column.ToArray())), DataColumn.Create(MomentColumn, moments.ToArray())]);
            moments.Clear();
            foreach (var column in columns)
                column.Clear();
            return frame;
        }
    }
}
