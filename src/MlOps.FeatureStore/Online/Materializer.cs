namespace MlOps.Features;

/// <summary>
/// Brings history into an online state. It commits what it has done after every so many rows, and entities remember that they are done, so that a crash or
/// a cancellation loses little; a rebuild commits once, at the end, since readers keep the former state until then.
/// </summary>
internal sealed class Materializer(IEntityHistory history, OnlineCheckpoint former, OnlineState? anew, FeatureStoreOptions options, CancellationToken cancellationToken)
{
    private const int EntitiesBetweenLooks = 1024;
    private readonly ViewPlan _plan = history.Plan;
    private readonly OnlineLayout _layout = (anew ?? former.State).Layout;
    private readonly bool _isRebuild = anew is not null;

    public IProgress<MaterializeProgress>? Progress { get; init; }

    /// <summary>Makes a state that is not finished durable.</summary>
    public Action<OnlineCheckpoint>? Commit { get; init; }

    public (OnlineCheckpoint? Next, MaterializeResult Result) Run(long upTo)
    {
        var view = _plan.View.Name;
        if (_isRebuild && former.HasPushes && upTo < former.State.AvailableUpTo)
            throw new InvalidInputException(
                $"Feature view '{view}' holds pushes known at {new Timestamp(former.State.AvailableUpTo)}, but is to be rebuilt as known at {new Timestamp(upTo)}, which would lose them. Rebuild up to that moment or later, after ingesting the pushed rows.");

        // What is known up to the last time is online already; a lower moment asks for late batches only.
        var target = _isRebuild ? upTo : Math.Max(upTo, former.MaterializedUpTo);
        var newest = history.NewestCommit;
        if (!_isRebuild && former.HasPushes)
        {
            if (Pass(null, target, newest) > 0)
                throw new InvalidInputException(
                    $"Feature view '{view}' was fed by pushes since its history was materialised up to {new Timestamp(former.MaterializedUpTo)}, and the offline store holds further rows known by {new Timestamp(target)}, some of which may have been pushed too. "
                    + "Pass MaterializeOptions { Rebuild = true } to replace the online state from the offline store, which must hold what was pushed.");
            return (null, new MaterializeResult(view, 0, former.State.Entities.Count, new Timestamp(target)));
        }

        var rows = 0L;
        var next = former;
        if (_isRebuild)
        {
            next = new OnlineCheckpoint { State = anew! };
            foreach (var (source, offset) in former.Sources)
                next.Sources.Add(source, offset);
        }
        else if (former.Pending is { } pending)
        {
            // What was begun is finished as it was begun, with the entities that are done left alone; what came since is looked at after it.
            rows += Apply(next, pending.UpTo, pending.Commit);
            if (target <= next.MaterializedUpTo && newest <= next.MaterializedCommit)
                return (next, new MaterializeResult(view, rows, next.State.Entities.Count, new Timestamp(next.MaterializedUpTo)));
            target = Math.Max(target, next.MaterializedUpTo);
            history.Restart();
        }

        var before = (next.MaterializedUpTo, next.MaterializedCommit);
        if (!_isRebuild)
        {
            next.Pending = new OnlineCheckpoint.PendingPass(target, newest);
            next.LastPass++;
        }

        rows += Apply(next, target, newest);
        var changed = _isRebuild || rows > 0 || before.MaterializedUpTo < target;
        return (changed ? next : null, new MaterializeResult(view, rows, next.State.Entities.Count, new Timestamp(target)));
    }

    private long Apply(OnlineCheckpoint next, long target, long newest)
    {
        next.State.AdvanceTo(SettledUpTo(next.State, target));
        var rows = Pass(next, target, newest);
        next.Pending = null;
        next.MaterializedUpTo = target;
        next.MaterializedCommit = Math.Max(next.MaterializedCommit, newest);
        return rows;
    }

    // Without a checkpoint, only counts what would be applied.
    private long Pass(OnlineCheckpoint? next, long target, long newest)
    {
        var state = next?.State;
        var seenCommit = _isRebuild ? 0 : former.MaterializedCommit;
        var seenUpTo = _isRebuild ? long.MinValue : former.MaterializedUpTo;
        var exactFrom = (state ?? former.State).ExactFrom;
        // Rows that happened, or became known, from here on may matter each; of the others, at most the newest. Rows can be known before they happen.
        var reach = exactFrom;
        for (var w = 0; w < _plan.Windows.Length && exactFrom != long.MinValue; w++)
            reach = Math.Min(reach, _plan.Low(w, exactFrom));
        var words = new long[_layout.RowWords];
        var texts = new string?[_layout.Texts];
        long applied = 0, committed = 0;
        for (var entity = 0; history.Next(_plan.Depth > 0 ? long.MinValue : reach); entity++)
        {
            if (entity % EntitiesBetweenLooks == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Report(entity, applied);
                if (state?.MakeRoom(0) is { } refusal)
                    throw refusal;
                if (next is not null && !_isRebuild && applied - committed >= options.MaterializeCommitRows && Commit is not null)
                {
                    Commit(next);
                    committed = applied;
                }
            }

            applied += Bring(next, target, newest, seenCommit, seenUpTo, reach, words, texts);
        }

        Report(history.Entities, applied);
        return applied;
    }

    private long Bring(OnlineCheckpoint? next, long target, long newest, long seenCommit, long seenUpTo, long reach, long[] words, string?[] texts)
    {
        ReadOnlySpan<long> events = history.Event, available = history.Available, commits = history.Commit;
        var state = next?.State;
        var exactFrom = (state ?? former.State).ExactFrom;
        bool IsNew(long known, long commit) => known <= target && commit <= newest && (commit > seenCommit || known > seenUpTo);
        var first = FirstThatMatters(events, available, reach, exactFrom);
        var isAnything = false;
        var isLate = false;
        for (var i = first; i < events.Length; i++)
        {
            var isNew = IsNew(available[i], commits[i]);
            isAnything |= isNew;
            isLate |= isNew && available[i] < exactFrom;
        }

        if (!isAnything)
            return 0;
        var entity = -1;
        var takesAll = false;
        if (next is not null)
        {
            var key = history.Key;
            var found = state!.Find(key);
            entity = found >= 0 ? (int)found : state.GetOrAdd(new EntityKey([.. key.Select(part => new[] { part })], 0));
            if (!_isRebuild && state.PassOf(entity) == next.LastPass && next.LastPass > 0)
                return 0;
            // A late row may replace one that was merged: then the entity is made anew from all its rows.
            takesAll = _plan.View.IsUpsert && isLate;
            if (takesAll && found >= 0)
                state.Clear(entity);
        }

        var applied = 0L;
        for (var i = first; i < events.Length; i++)
        {
            var isNew = IsNew(available[i], commits[i]);
            if (!isNew && !(takesAll && available[i] <= target && commits[i] <= newest))
                continue;
            applied += isNew ? 1 : 0;
            if (state is null || IsReplaced(i, events, available, commits, target, newest))
                continue;
            if (words.Length > 0)
            {
                Array.Clear(words);
                history.Pack(i, _layout, words, texts);
            }

            state.Apply(entity, new OnlineRow { Event = events[i], Available = available[i], Fixed = history.Fixed, Hashed = history.Hashed, At = i, Words = words, Texts = texts, IsNew = true });
        }

        if (state is not null && !_isRebuild)
            state.SetPass(entity, next!.LastPass);
        return applied;
    }

    // Of equal rows of an upsert view only the last one counts; they stand side by side.
    private bool IsReplaced(int row, ReadOnlySpan<long> events, ReadOnlySpan<long> available, ReadOnlySpan<long> commits, long target, long newest) =>
        _plan.View.IsUpsert && row + 1 < events.Length && events[row + 1] == events[row] && available[row + 1] == available[row] && available[row] <= target && commits[row + 1] <= newest;

    // A moment beyond all history, such as "everything", must not make what is there look old.
    private long SettledUpTo(OnlineState state, long target)
    {
        var mark = new SettlingMark(options.SettlingRows);
        history.ObserveAvailable(mark, target, state.Now());
        return mark.Value;
    }

    private void Report(int entity, long rows) =>
        Progress?.Report(new MaterializeProgress(_plan.View.Name, entity, rows, history.Entities == 0 ? 1 : Math.Min(1, (double)entity / history.Entities)));

    // Of the rows that no window reaches, only those can still matter, for their plain values, that no newer ones known at every moment to be asked for hide.
    private int FirstThatMatters(ReadOnlySpan<long> events, ReadOnlySpan<long> available, long reach, long exactFrom)
    {
        var first = EntityRows.LowerBound(events, reach);
        if (_plan.Depth == 0)
            return first;
        var newer = 0;
        while (first > 0 && newer < _plan.Depth)
        {
            first--;
            if (available[first] <= exactFrom)
                newer++;
        }

        return first;
    }
}
