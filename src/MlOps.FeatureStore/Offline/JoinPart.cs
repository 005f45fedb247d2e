namespace MlOps.Features;

/// <summary>One view's part in a join: its history, the spine's rows by its key, what is wanted of it.</summary>
internal sealed class JoinPart
{
    private readonly Stack<WindowSweep> _sweeps = new();
    private readonly Stack<AsOfPicker> _pickers = new();
    private readonly bool[] _wanted;
    private readonly int[] _locals;

    /// <param name="history">The view's segments.</param>
    /// <param name="groups">The spine's rows by key.</param>
    /// <param name="corrected">Whether availability is ignored.</param>
    /// <param name="delay">What is added to availability, in microseconds.</param>
    /// <param name="outputs">By feature; null for one that is not wanted.</param>
    /// <param name="locals">By group and segment, the entity's number there, where that is known; the groups then stand in the order of entities.</param>
    public JoinPart(OfflineSnapshot history, SpineGroups groups, bool corrected, long delay, FeatureOutput?[] outputs, int[]? locals = null)
    {
        History = history;
        Groups = groups;
        Corrected = corrected;
        Delay = corrected ? 0 : delay;
        Outputs = outputs;
        _wanted = [.. outputs.Select(output => output is not null)];
        var plan = history.Plan;
        var wanted = Enumerable.Range(0, outputs.Length).Where(f => _wanted[f]).Select(f => plan.Features[f]).ToArray();
        IsPlain = wanted.All(feature => feature.Window < 0);
        Reach = IsPlain || wanted.Any(feature => feature.Window < 0) ? wanted.Where(feature => feature.Window < 0).Select(feature => feature.TimeToLive).DefaultIfEmpty(0).Max() : 0;
        Windows = [.. wanted.Where(feature => feature.Window >= 0).Select(feature => feature.Window).Distinct()];
        _locals = locals ?? FindAll(history, groups.Keys!);
        Order = locals is null ? ByEntity() : [.. Enumerable.Range(0, groups.Count)];
    }

    public OfflineSnapshot History { get; }

    public SpineGroups Groups { get; }

    public bool Corrected { get; }

    public long Delay { get; }

    public FeatureOutput?[] Outputs { get; }

    /// <summary>Whether only plain features are wanted, which need one row a moment.</summary>
    public bool IsPlain { get; }

    /// <summary>How far back plain features reach.</summary>
    public long Reach { get; }

    /// <summary>Windows that are wanted.</summary>
    public int[] Windows { get; }

    /// <summary>Groups in the order of their entities, which is nearly that of the segments.</summary>
    public int[] Order { get; }

    /// <summary>By segment, the number there of a group's entity; -1 where it has none.</summary>
    public ReadOnlySpan<int> Locals(int group)
    {
        var width = History.Segments.Length;
        return _locals.AsSpan(group * width, width);
    }

    public WindowSweep RentSweep()
    {
        lock (_sweeps)
        {
            if (_sweeps.TryPop(out var sweep))
                return sweep;
        }

        return new WindowSweep(History.Plan, _wanted);
    }

    public void Return(WindowSweep sweep)
    {
        lock (_sweeps)
            _sweeps.Push(sweep);
    }

    public AsOfPicker RentPicker()
    {
        lock (_pickers)
        {
            if (_pickers.TryPop(out var picker))
                return picker;
        }

        return new AsOfPicker(this);
    }

    public void Return(AsOfPicker picker)
    {
        lock (_pickers)
            _pickers.Push(picker);
    }

    // Group 0 has no key.
    private static int[] FindAll(OfflineSnapshot history, KeyCodes keys)
    {
        var finder = history.Finder();
        var width = history.Segments.Length;
        var locals = new int[(keys.Count + 1) * width];
        locals.AsSpan(0, width).Fill(-1);
        // A few entities out of a large history are worth asking for their pages ahead.
        var prefetches = keys.Count <= 16_384;
        if (prefetches)
        {
            foreach (var segment in history.Segments)
                segment.Reader.PrefetchIndex();
        }

        for (var code = 0; code < keys.Count; code++)
        {
            finder.Find(keys.Parts, code);
            finder.Locals.CopyTo(locals.AsSpan((code + 1) * width));
            for (var s = 0; s < width && prefetches; s++)
            {
                if (finder.Locals[s] < 0)
                    continue;
                history.Segments[s].Reader.RowsOf(finder.Locals[s], out var start, out var end);
                history.Segments[s].Reader.Prefetch(start, end);
            }
        }

        return locals;
    }

    // By the places in the segment that has most entities.
    private int[] ByEntity()
    {
        var order = new int[Groups.Count];
        for (var g = 0; g < order.Length; g++)
            order[g] = g;
        var segments = History.Segments;
        if (segments.Length == 0)
            return order;
        var largest = 0;
        for (var s = 1; s < segments.Length; s++)
        {
            if (segments[s].Reader.Entities > segments[largest].Reader.Entities)
                largest = s;
        }

        var count = segments[largest].Reader.Entities;
        if (order.Length < count / 8)
        {
            Array.Sort(order.Select(g => Locals(g)[largest]).ToArray(), order);
            return order;
        }

        var groupOf = new int[count];
        var at = 0;
        for (var g = 0; g < order.Length; g++)
        {
            var local = Locals(g)[largest];
            if (local < 0)
                order[at++] = g;
            else
                groupOf[local] = g + 1;
        }

        // An entity has one group, since codes are distinct keys.
        foreach (var g in groupOf)
        {
            if (g > 0)
                order[at++] = g - 1;
        }

        return order;
    }
}
