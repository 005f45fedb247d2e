namespace MlOps.Registry.Tests;

/// <summary>
/// Runs several actors, one at a time; at every seam (a call of the file layer, a transaction, a read) a seeded choice says who goes on.
/// Transactions exclude each other as in the database; an actor may be left in the middle of one.
/// </summary>
internal sealed class Interleaver(int seed, double switching)
{
    private static readonly AsyncLocal<Actor?> Current = new();
    private static readonly AsyncLocal<bool> UploadsInChunks = new();
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly Random _random = new(seed);
    private readonly Lock _gate = new();
    private List<Actor> _actors = [];
    private Actor? _writer;
    private volatile bool _active;

    // Actors are left waiting on threads of the pool, too, which would make new ones only slowly.
    static Interleaver() => ThreadPool.SetMinThreads(64, 64);

    public int Switches { get; private set; }

    /// <summary>The number of the actor at work, from 1; 0 outside.</summary>
    public int Acting => _active && Current.Value is { } me ? me.Number : 0;

    public void Run(IEnumerable<Func<Task>> work)
    {
        _actors = [.. work.Select((body, i) => new Actor(i + 1, body))];
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
        {
            if (!actor.Thread!.Join(Patience))
                throw new InvalidOperationException($"Actor {actor.Number} did not come to an end: {string.Join(", ", _actors.Select(a => $"{a.Number} done={a.Done} waits={a.Waits} writer={ReferenceEquals(a, _writer)}"))}.", new TimeoutException());
        }

        _active = false;
        if (_actors.Select(actor => actor.Error).FirstOrDefault(error => error is not null) is { } first)
            throw new InvalidOperationException($"An actor failed: {first.Message}", first);
    }

    /// <summary>An upload in chunks works on several threads; only renames, which one of them does alone, are seams in what follows.</summary>
    public static void BeginUploadInChunks() => UploadsInChunks.Value = true;

    /// <summary>A seam: somebody else may go on here.</summary>
    public void Yield(bool isRename = false)
    {
        if (!_active || Current.Value is not { } me)
            return;
        if (UploadsInChunks.Value && !isRename)
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

    private sealed class Actor(int number, Func<Task> body)
    {
        public int Number => number;

        public Func<Task> Body => body;

        public SemaphoreSlim Wake { get; } = new(0);

        public Thread? Thread { get; set; }

        public Exception? Error { get; set; }

        public bool Done { get; set; }

        public bool Waits { get; set; }
    }
}
