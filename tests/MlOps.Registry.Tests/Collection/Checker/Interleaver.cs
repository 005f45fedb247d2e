namespace MlOps.Registry.Tests;

/// <summary>
/// Runs several actors, one at a time; at every seam (a call of the file layer, a transaction, a read) a seeded choice says who goes on.
/// Transactions exclude each other as in the database; an actor may be left in the middle of one.
/// </summary>
internal sealed class Interleaver(int seed, double switching)
{
    private static readonly AsyncLocal<Actor?> Current = new();
    private readonly Random _random = new(seed);
    private readonly Lock _gate = new();
    private List<Actor> _actors = [];
    private Actor? _writer;
    private volatile bool _active;

    public int Switches { get; private set; }

    public void Run(IEnumerable<Func<Task>> work)
    {
        _actors = [.. work.Select(body => new Actor(body))];
        foreach (var actor in _actors)
        {
            actor.Thread = new Thread(() =>
            {
                Current.Value = actor;
                actor.Wake.Wait();
                try
                {
                    actor.Body().GetAwaiter().GetResult();
                }
                catch (Exception error)
                {
                    actor.Error = error;
                }

                actor.Done = true;
                Next(actor, stays: false);
            }) { IsBackground = true };
            actor.Thread.Start();
        }

        _active = true;
        _actors[_random.Next(_actors.Count)].Wake.Release();
        foreach (var actor in _actors)
            actor.Thread!.Join();
        _active = false;
        if (_actors.Select(actor => actor.Error).FirstOrDefault(error => error is not null) is { } first)
            throw new InvalidOperationException($"An actor failed: {first.Message}", first);
    }

    /// <summary>A seam: somebody else may go on here.</summary>
    public void Yield()
    {
        if (!_active || Current.Value is not { } me)
            return;
        bool goesOn;
        lock (_gate)
            goesOn = _random.NextDouble() >= switching;
        if (!goesOn && Next(me, stays: true))
            me.Wake.Wait();
    }

    public void EnterWrite()
    {
        if (!_active || Current.Value is not { } me)
            return;
        while (_writer is not null)
        {
            me.Waits = true;
            if (Next(me, stays: true))
                me.Wake.Wait();
        }

        me.Waits = false;
        _writer = me;
    }

    public void ExitWrite()
    {
        if (ReferenceEquals(_writer, Current.Value))
            _writer = null;
    }

    /// <summary>Wakes who is next; false when that is the caller itself.</summary>
    private bool Next(Actor me, bool stays)
    {
        Actor? next;
        lock (_gate)
        {
            var ready = _actors.Where(actor => !actor.Done && (!actor.Waits || _writer is null)).ToArray();
            next = ready.Length == 0 ? null : ready[_random.Next(ready.Length)];
            if (stays && ReferenceEquals(next, me))
                return false;
            Switches++;
        }

        next?.Wake.Release();
        return true;
    }

    private sealed class Actor(Func<Task> body)
    {
        public Func<Task> Body => body;

        public SemaphoreSlim Wake { get; } = new(0);

        public Thread? Thread { get; set; }

        public Exception? Error { get; set; }

        public bool Done { get; set; }

        public bool Waits { get; set; }
    }
}
