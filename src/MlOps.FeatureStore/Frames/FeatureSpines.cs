using System.Runtime.CompilerServices;

namespace MlOps.Features;

/// <summary>Spines from a view's own rows.</summary>
internal sealed class FeatureSpines(EnvironmentContext context, Func<string, Timestamp?, CancellationToken, ValueTask<OfflineSnapshot>> open) : IFeatureSpines
{
    public const string TimeColumn = "at";
    private const long Forever = long.MaxValue - 1;

    public ValueTask<DataFrame> EntitiesAtAsync(string view, Timestamp moment, CancellationToken cancellationToken = default) =>
        EntitiesAsync(view, moment.Microseconds, _ => moment.Microseconds, cancellationToken);

    public ValueTask<DataFrame> LatestAsync(string view, Timestamp? moment = null, CancellationToken cancellationToken = default) =>
        EntitiesAsync(view, moment?.Microseconds ?? Forever, newest => newest, cancellationToken);

    // Asked when called, not when the first batch is: an iterator begins late.
    public IAsyncEnumerable<DataFrame> EventsAsync(string view, Timestamp from, Timestamp to, int batchRows = 1 << 16, CancellationToken cancellationToken = default)
    {
        context.Access.Require(EnvironmentPermission.ReadFeatures, $"the events of feature view '{view}'");
        return ReadEventsAsync(view, from, to, batchRows, cancellationToken);
    }

    public IAsyncEnumerable<DataFrame> FeaturesAtEventsAsync(
        string view, Timestamp from, Timestamp to, TrainingFrameOptions? options = null, int batchRows = 1 << 16, CancellationToken cancellationToken = default)
    {
        context.Access.Require(EnvironmentPermission.ReadFeatures, $"the features of view '{view}' at its events");
        return ReadFeaturesAsync(view, from, to, options ?? new TrainingFrameOptions(), batchRows, cancellationToken);
    }

    private async IAsyncEnumerable<DataFrame> ReadEventsAsync(
        string view, Timestamp from, Timestamp to, int batchRows, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var history = await open(view, null, cancellationToken).ConfigureAwait(false);
        foreach (var batch in Batches(history, from, to, batchRows, cancellationToken))
            yield return batch.ToSpine();
    }

    private async IAsyncEnumerable<DataFrame> ReadFeaturesAsync(
        string view, Timestamp from, Timestamp to, TrainingFrameOptions options, int batchRows, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        TrainingJoin.CheckLag(options);
        using var history = await open(view, options.StoreAsOf, cancellationToken).ConfigureAwait(false);
        var definition = history.Plan.View;
        if (definition.FeatureNames.Append(TimeColumn).FirstOrDefault(name => definition.Keys.Any(key => key.Name == name)) is { } clash)
            throw new InvalidInputException($"Feature view '{view}' has a key and another column called '{clash}'; join a spine with a feature service instead, whose features begin with an alias.");
        foreach (var batch in Batches(history, from, to, batchRows, cancellationToken))
            yield return batch.Join(options.Known == KnownClock.Corrected, (options.ServingLag ?? definition.Lag).Ticks / 10, cancellationToken);
    }

    // One batch, filled anew each time; the last one may be empty, so that the columns are known even where there are no rows.
    internal static IEnumerable<EventBatch> Batches(OfflineSnapshot history, Timestamp from, Timestamp to, int batchRows, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchRows);
        var rows = new EntityRows(history.Plan);
        var entities = history.Entities();
        var batch = new EventBatch(history);
        var any = false;
        while (entities.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            rows.Load(history, entities.Locals, from.Microseconds, Math.Min(to.Microseconds, Forever), timesOnly: true);
            if (rows.Count == 0)
                continue;
            batch.Add(entities, rows.Event.AsSpan(0, rows.Count));
            if (batch.Rows < batchRows)
                continue;
            any = true;
            yield return batch;
            batch.Clear();
        }

        if (batch.Rows > 0 || !any)
            yield return batch;
    }

    private async ValueTask<DataFrame> EntitiesAsync(string view, long known, Func<long, long> time, CancellationToken cancellationToken)
    {
        context.Access.Require(EnvironmentPermission.ReadFeatures, $"the entities of feature view '{view}'");
        using var history = await open(view, null, cancellationToken).ConfigureAwait(false);
        var rows = new EntityRows(history.Plan);
        var entities = history.Entities();
        var batch = new EventBatch(history);
        while (entities.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            rows.Load(history, entities.Locals, long.MinValue, known, timesOnly: true);
            for (var i = rows.Count - 1; i >= 0; i--)
            {
                if (rows.Available[i] > known)
                    continue;
                batch.Add(entities, [time(rows.Event[i])]);
                break;
            }
        }

        return batch.ToSpine();
    }
}
