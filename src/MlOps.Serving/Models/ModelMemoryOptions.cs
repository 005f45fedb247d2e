namespace MlOps.Serving;

/// <summary>How much memory the models of an environment may take in one process, and which go when it is short.</summary>
public sealed record ModelMemoryOptions
{
    /// <summary>
    /// The most bytes of host memory that loaded models may hold together: weights, arenas and batch buffers. The transient memory of a
    /// load (the file's bytes and the runtime's copy of them, up to three times the file) comes on top, for
    /// <see cref="ConcurrentLoads"/> models at most.
    /// </summary>
    /// <value>Default: null, no limit: nothing is unloaded but by request or <see cref="IdleTimeout"/>.</value>
    public long? BudgetBytes { get; init; }

    /// <summary>Which models go first.</summary>
    /// <value>Default: <see cref="UnloadGoal.FewestLoads"/>.</value>
    public UnloadGoal Goal { get; init; } = UnloadGoal.FewestLoads;

    /// <summary>Whether versions that endpoints serve stay in memory; otherwise idle ones may be unloaded and their next request loads them.</summary>
    /// <value>Default: false.</value>
    public bool PinEndpoints { get; init; }

    /// <summary>How long a version may go without a request before it is unloaded, pinned ones excepted.</summary>
    /// <value>Default: null, for ever.</value>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>Models that load at the same time; more wait their turn.</summary>
    /// <value>Default: 0, as many as the process has cores, at most 4.</value>
    public int ConcurrentLoads { get; init; }

    /// <summary>How long a load waits for memory that models in use hold, before it is refused as overload.</summary>
    /// <value>Default: 30 seconds.</value>
    public TimeSpan WaitLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether a load's share of the native heap is measured (Linux with glibc); otherwise the runtime's own figure counts.</summary>
    /// <value>Default: true.</value>
    public bool Measure { get; init; } = true;

    /// <summary>The pause before a request tries a version again that failed to load; doubles with every failure, up to five minutes.</summary>
    /// <value>Default: one second.</value>
    public TimeSpan FirstRetryAfter { get; init; } = TimeSpan.FromSeconds(1);
}
