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
        using var history = await _offline[definition.Name].OpenAsync(cancellationToken).ConfigureAwait(false);
        var (spine, known) = SpineOf(definition, history, maxRows);
        var outputs = Array.ConvertAll(definition.Plan.Features, _ => (float[]?)new float[spine.RowCount]);
        PointInTimeJoin.Run(
            history, KeyCodes.Combine([.. definition.Keys.Select(key => KeyCodes.OfColumn(spine[key.Name], definition.Name))]), known, false, 0, outputs, cancellationToken);
        return spine.With(definition.FeatureNames.Select((name, i) => DataColumn.Create(spine.HasColumn(name) ? $"feature {name}" : name, outputs[i]!))).Profile(options);
    }

    // Stored rows as spine rows, each at the moment from which it counts.
    private static (DataFrame Spine, long[] Known) SpineOf(FeatureView view, OfflineSnapshot history, int maxRows)
    {
        var total = history.Segments.Sum(segment => (long)segment.Reader.Rows);
        var step = Math.Max(1, (total + maxRows - 1) / maxRows);
        var keys = view.Keys.Select(key => new ColumnBuilder<string>(key.Name)).ToArray();
        var events = new ColumnBuilder<Timestamp>("event_time");
        var known = new List<long>();
        var next = 0L;
        foreach (var segment in history.Segments)
        {
            var reader = segment.Reader;
            var names = reader.Keys(keys.Length);
            var starts = reader.Starts;
            var happened = reader.Event;
            var available = reader.Available;
            for (var (row, entity) = (next, 0); row < reader.Rows; row += step)
            {
                while (starts[entity + 1] <= row)
                    entity++;
                for (var part = 0; part < keys.Length; part++)
                    keys[part].Add(names[part][entity]);
                events.Add(new Timestamp(happened[(int)row]));
                known.Add(Math.Max(happened[(int)row], available[(int)row]));
                next = row + step;
            }

            next -= reader.Rows;
        }

        return (new DataFrame([.. keys.Select(key => key.Build()), events.Build()]), [.. known]);
    }
}
