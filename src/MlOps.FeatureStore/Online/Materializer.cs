namespace MlOps.Features;

/// <summary>Brings history into an online state.</summary>
internal sealed class Materializer(OfflineSnapshot history, OnlineCheckpoint former, long upTo, bool rebuild, TimeSpan readLag, CancellationToken cancellationToken)
{
    private readonly ViewPlan _plan = history.Plan;
    private long? _newestKnown;

    public (OnlineCheckpoint? Next, MaterializeResult Result) Run()
    {
        var view = _plan.View.Name;
        var newestCommit = history.Segments.Length == 0 ? 0 : history.Segments.Max(segment => segment.Commit);
        if (rebuild && former.HasPushes && upTo < former.State.AvailableUpTo)
            throw new InvalidInputException(
                $"Feature view '{view}' holds pushes known at {new Timestamp(former.State.AvailableUpTo)}, but is to be rebuilt as known at {new Timestamp(upTo)}, which would lose them. Rebuild up to that moment or later, after ingesting the pushed rows.");

        // What is known up to the last time is online already; a lower moment asks for late batches only.
        var target = rebuild ? upTo : Math.Max(upTo, former.MaterializedUpTo);
        if (!rebuild && former.HasPushes && Apply(null, target) > 0)
            throw new InvalidInputException(
                $"Feature view '{view}' was fed by pushes since its history was materialised up to {new Timestamp(former.MaterializedUpTo)}, and the offline store holds further rows known by {new Timestamp(target)}, some of which may have been pushed too. "
                + "Pass MaterializeOptions { Rebuild = true } to replace the online state from the offline store, which must hold what was pushed.");

        var next = rebuild ? new OnlineCheckpoint { State = new OnlineState(_plan, readLag) } : former;
        if (rebuild)
        {
            foreach (var (source, offset) in former.Sources)
                next.Sources.Add(source, offset);
        }

        var rows = 0L;
        if (!former.HasPushes || rebuild)
        {
            next.State.AdvanceTo(NewestKnown(target));
            rows = Apply(next.State, target);
        }

        var changed = rebuild || rows > 0 || target > former.MaterializedUpTo;
        next.MaterializedUpTo = target;
        next.MaterializedCommit = Math.Max(next.MaterializedCommit, newestCommit);
        return (changed ? next : null, new MaterializeResult(view, rows, next.State.Keys.Count, new Timestamp(target)));
    }

    // Without a state, only counts what would be applied.
    private long Apply(OnlineState? state, long target)
    {
        var seenCommit = rebuild ? 0 : former.MaterializedCommit;
        var seenUpTo = rebuild ? long.MinValue : former.MaterializedUpTo;
        // Rows from here on may matter each; of those before, at most the newest. Rows can be known before they happen.
        var settled = Math.Max(NewestKnown(target), rebuild ? long.MinValue : former.State.AvailableUpTo);
        settled = settled == long.MinValue ? settled : settled - readLag.Ticks / 10;
        var reach = settled;
        for (var w = 0; w < _plan.WindowLength.Length && settled != long.MinValue; w++)
            reach = Math.Min(reach, _plan.Tail(w, settled));
        var hasPlain = _plan.Plain.Length > 0;
        var scratch = new EntityRows(_plan);
        Span<int> units = stackalloc int[_plan.Fixed.Length];
        Span<float> plain = stackalloc float[_plan.Plain.Length];
        var applied = 0L;
        for (var entity = 0; entity < history.Keys.Count; entity++)
        {
            if ((entity & 1023) == 0)
                cancellationToken.ThrowIfCancellationRequested();
            scratch.Load(history, entity, hasPlain ? long.MinValue : reach, long.MaxValue - 1);
            var first = FirstThatMatters(scratch, reach, target, hasPlain);
            var online = -1;
            for (var i = first; i < scratch.Count; i++)
            {
                var available = scratch.Available[i];
                if (available > target || (scratch.Commit[i] <= seenCommit && available <= seenUpTo))
                    continue;
                applied++;
                if (state is null)
                    continue;
                for (var c = 0; c < units.Length; c++)
                    units[c] = scratch.Fixed[c][i];
                for (var c = 0; c < plain.Length; c++)
                    plain[c] = scratch.Plain[c][i];
                if (online < 0)
                    online = state.GetOrAdd([.. history.Keys.KeyOf(entity).Select(part => new[] { part })], 0);
                state.Apply(online, scratch.Event[i], available, units, plain);
            }
        }

        return applied;
    }

    // A moment beyond all history, such as "everything", must not make what is there look old.
    private long NewestKnown(long target)
    {
        if (_newestKnown is { } found)
            return found;
        var newest = long.MinValue;
        foreach (var segment in history.Segments)
        {
            foreach (var available in segment.Reader.Available)
            {
                if (available <= target && available > newest)
                    newest = available;
            }
        }

        _newestKnown = newest;
        return newest;
    }

    // Of the rows that no window reaches, only the newest known one can still matter, for its plain values.
    private static int FirstThatMatters(EntityRows rows, long reach, long target, bool hasPlain)
    {
        var first = EntityRows.LowerBound(rows.Event.AsSpan(0, rows.Count), reach);
        if (!hasPlain)
            return first;
        for (var i = first - 1; i >= 0; i--)
        {
            if (rows.Available[i] <= target)
                return i;
        }

        return first;
    }
}
