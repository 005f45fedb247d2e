namespace MlOps.Orchestration;

/// <summary>Starts a pipeline when something happens in an environment. Each event starts at most one run, and none is missed while no host runs.</summary>
/// <typeparam name="TInput">The pipeline's parameters.</typeparam>
public sealed record EventTrigger<TInput>
{
    /// <summary>The trigger's name, unique in the host: 1-100 characters of letters, digits, <c>. _ -</c>. What it has seen is kept under it.</summary>
    public required string Name { get; init; }

    /// <summary>The event's type or the beginning of it, for instance <c>monitoring.drift.detected</c>.</summary>
    public required string EventType { get; init; }

    /// <summary>Makes the run's parameters from the event. When it throws, the event is passed over and <c>orchestration.trigger.failed</c> is recorded.</summary>
    public required Func<MlOpsEvent, TInput> Input { get; init; }

    /// <summary>Passes over events for which it says no.</summary>
    /// <value>Default: null, every event counts.</value>
    public Func<MlOpsEvent, bool>? Where { get; init; }

    /// <summary>After an event that started a run, further events are passed over for so long, by the events' own times.</summary>
    /// <value>Default: zero.</value>
    public TimeSpan Debounce { get; init; } = TimeSpan.Zero;

    /// <summary>Events older than this when they are first seen are passed over.</summary>
    /// <value>Default: one day.</value>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromDays(1);

    /// <summary>The environments in which it listens.</summary>
    /// <value>Default: empty, all that the host declares.</value>
    public IReadOnlyList<string> Environments { get; init; } = [];
}
