namespace MlOps.Features;

/// <summary>One view's part in a join: its history, the spine's rows by its key, what is wanted of it.</summary>
internal sealed class JoinPart
{
    private readonly Stack<WindowSweep> _sweeps = new();
    private readonly Stack<AsOfPicker> _pickers = new();
    private readonly bool[] _wanted;

    /// <param name="history">The view's segments.</param>
    /// <param name="groups">The spine's rows by key.</param>
    /// <param name="corrected">Whether availability is ignored.</param>
    /// <param name="delay">What is added to availability, in microseconds.</param>
    /// <param name="outputs">By feature; null for one that is not wanted.</param>
    public JoinPart(OfflineSnapshot history, SpineGroups groups, bool corrected, long delay, FeatureOutput?[] outputs)
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
        Entities = history.Keys.FindAll(groups.Keys);
        Order = ByEntity(Entities, history.Keys.Count);
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

    /// <summary>By group, its entity; -1 is unknown.</summary>
    public int[] Entities { get; }

    /// <summary>Groups in the order of their entities, which is nearly that of the segments.</summary>
    public int[] Order { get; }

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

    private static int[] ByEntity(int[] entities, int count)
    {
        var order = new int[entities.Length];
        if (entities.Length < count / 8)
        {
            for (var g = 0; g < order.Length; g++)
                order[g] = g;
            Array.Sort(entities.ToArray(), order);
            return order;
        }

        var groupOf = new int[count];
        var at = 0;
        for (var g = 0; g < entities.Length; g++)
        {
            if (entities[g] < 0)
                order[at++] = g;
            else
                groupOf[entities[g]] = g + 1;
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
