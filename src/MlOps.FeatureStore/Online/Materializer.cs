namespace MlOps.Features;

/// <summary>Brings history into an online state.</summary>
internal sealed class Materializer(OfflineSnapshot history, OnlineCheckpoint former, long upTo, OnlineState? anew, FeatureStoreOptions options, CancellationToken cancellationToken)
{
    private readonly ViewPlan _plan = history.Plan;
    private readonly bool _isRebuild = anew is not null;
    private long? _settled;

    public (OnlineCheckpoint? Next, MaterializeResult Result) Run()
    {
        var view = _plan.View.Name;
        var newestCommit = history.Segments.Length == 0 ? 0 : history.Segments.Max(segment => segment.Commit);
        if (_isRebuild && former.HasPushes && upTo < former.State.AvailableUpTo)
            throw new InvalidInputException(
                $"Feature view '{view}' holds pushes known at {new Timestamp(former.State.AvailableUpTo)}, but is to be rebuilt as known at {new Timestamp(upTo)}, which would lose them. Rebuild up to that moment or later, after ingesting the pushed rows.");

        // What is known up to the last time is online already; a lower moment asks for late batches only.
        var target = _isRebuild ? upTo : Math.Max(upTo, former.MaterializedUpTo);
        if (!_isRebuild && former.HasPushes && Apply(null, target) > 0)
            throw new InvalidInputException(
                $"Feature view '{view}' was fed by pushes since its history was materialised up to {new Timestamp(former.MaterializedUpTo)}, and the offline store holds further rows known by {new Timestamp(target)}, some of which may have been pushed too. "
                + "Pass MaterializeOptions { Rebuild = true } to replace the online state from the offline store, which must hold what was pushed.");

        var next = _isRebuild ? new OnlineCheckpoint { State = anew! } : former;
        if (_isRebuild)
        {
            foreach (var (source, offset) in former.Sources)
                next.Sources.Add(source, offset);
        }

        var rows = 0L;
        if (!former.HasPushes || _isRebuild)
        {
            next.State.AdvanceTo(SettledUpTo(target));
            rows = Apply(next.State, target);
        }

        var changed = _isRebuild || rows > 0 || target > former.MaterializedUpTo;
        next.MaterializedUpTo = target;
        next.MaterializedCommit = Math.Max(next.MaterializedCommit, newestCommit);
        return (changed ? next : null, new MaterializeResult(view, rows, next.State.Keys.Count, new Timestamp(target)));
    }

    // Without a state, only counts what would be applied.
    private long Apply(OnlineState? state, long target)
    {
        var seenCommit = _isRebuild ? 0 : former.MaterializedCommit;
        var seenUpTo = _isRebuild ? long.MinValue : former.MaterializedUpTo;
        // Rows that happened, or became known, from here on may matter each; of the others, at most the newest. Rows can be known before they happen.
        var settled = Math.Max(SettledUpTo(target), _isRebuild ? long.MinValue : former.State.SettledUpTo);
        settled = settled == long.MinValue ? settled : settled - options.ReadLag.Ticks / 10;
        var reach = settled;
        for (var w = 0; w < _plan.Windows.Length && settled != long.MinValue; w++)
            reach = Math.Min(reach, _plan.Low(w, settled));
        var hasPlain = _plan.Plain.Length > 0;
        var scratch = new EntityRows(_plan);
        Span<long> units = stackalloc long[_plan.Fixed.Length];
        Span<float> plain = stackalloc float[_plan.Plain.Length];
        var applied = 0L;
        var entities = history.Entities();
        for (var entity = 0; entities.MoveNext(); entity++)
        {
            if ((entity & 1023) == 0)
                cancellationToken.ThrowIfCancellationRequested();
            scratch.Load(history, entities.Locals, hasPlain ? long.MinValue : reach, long.MaxValue - 1);
            var first = FirstThatMatters(scratch, reach, settled, hasPlain);
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
                    plain[c] = scratch.Plain(c, i).ToSingle();
                if (online < 0)
                    online = state.GetOrAdd([.. entities.KeyParts().Select(part => new[] { part })], 0);
                state.Apply(online, scratch.Event[i], available, units, plain);
            }
        }

        return applied;
    }

    // A moment beyond all history, such as "everything", must not make what is there look old.
    private long SettledUpTo(long target)
    {
        if (_settled is { } found)
            return found;
        var mark = new SettlingMark(options.SettlingRows);
        var now = (anew ?? former.State).Now();
        history.ForEachAvailable(piece =>
        {
            foreach (var available in piece)
            {
                if (available <= target)
                    mark.Observe(available, now);
            }
        });

        _settled = mark.Value;
        return mark.Value;
    }

    // Of the rows that no window reaches, only those can still matter, for their plain values, that no newer one known at every moment to be asked for hides.
    private static int FirstThatMatters(EntityRows rows, long reach, long settled, bool hasPlain)
    {
        var first = EntityRows.LowerBound(rows.Event.AsSpan(0, rows.Count), reach);
        if (!hasPlain)
            return first;
        for (var i = first - 1; i >= 0; i--)
        {
            if (rows.Available[i] <= settled)
                return i;
        }

        return 0;
    }
}
