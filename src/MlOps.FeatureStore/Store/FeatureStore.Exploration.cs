namespace MlOps.Features;

internal sealed partial class FeatureStore
{
    /// <inheritdoc />
    public async ValueTask<DataProfile> ProfileAsync(string view, DataProfileOptions? options = null, int maxRows = 1_000_000, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.ReadFeatures, $"feature view '{view}'");
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRows, 1);
        var definition = ViewOf(view, FeatureUse.Values);
        await EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        var bound = new BoundService(FeatureService.Define("profile").View(definition.Name, alias: "f").Build(), _views);
        using var history = await _offline[definition.Name].OpenAsync(cancellationToken).ConfigureAwait(false);
        var spine = SpineOf(definition, history, maxRows);
        var frame = await JoinAsync(bound, spine, MomentColumn, new TrainingFrameOptions(), cancellationToken).ConfigureAwait(false);
        var columns = definition.Keys.Select(key => spine[key.Name]).Append(spine["event_time"])
            .Concat(definition.FeatureNames.Select((name, i) => frame[bound.FeatureNames[i]].Rename(spine.HasColumn(name) ? $"feature {name}" : name)));
        return new DataFrame(columns).Profile(options);
    }

    // Stored rows as spine rows, each at the moment from which it counts; every so many, so that about the wanted number is there.
    private static DataFrame SpineOf(FeatureView view, OfflineSnapshot history, int maxRows)
    {
        var total = history.Segments.Sum(segment => (long)segment.Reader.Rows);
        var step = Math.Max(1, (total + maxRows - 1) / maxRows);
        var keys = view.Keys.Select(key => new ColumnBuilder<string>(key.Name)).ToArray();
        var events = new ColumnBuilder<Timestamp>("event_time");
        var known = new ColumnBuilder<Timestamp>(MomentColumn);
        var rows = new EntityRows(history.Plan);
        var entities = history.Entities();
        var next = 0L;
        while (entities.MoveNext())
        {
            rows.Load(history, entities.Locals, long.MinValue, long.MaxValue - 1, timesOnly: true);
            var parts = entities.KeyParts();
            for (; next < rows.Count; next += step)
            {
                for (var part = 0; part < keys.Length; part++)
                    keys[part].Add(parts[part]);
                events.Add(new Timestamp(rows.Event[next]));
                known.Add(new Timestamp(Math.Max(rows.Event[next], rows.Available[next])));
            }

            next -= rows.Count;
        }

        return new DataFrame([.. keys.Select(key => key.Build()), events.Build(), known.Build()]);
    }
}
