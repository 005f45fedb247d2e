using MlOps.Orchestration;
using Polly;

namespace MlOps;

/// <summary>How a step runs: retries, time limit, resources, caching, order.</summary>
public sealed class StepBuilder
{
    internal int Retries { get; private set; }

    internal TimeSpan RetryDelay { get; private set; }

    internal RetryBackoff Backoff { get; private set; } = RetryBackoff.Exponential;

    internal TimeSpan? TimeLimit { get; private set; }

    internal StepResources Resources { get; private set; } = new();

    internal bool Cached { get; private set; } = true;

    internal List<string> Predecessors { get; } = [];

    internal Action<ResiliencePipelineBuilder>? Resilience { get; private set; }

    /// <summary>Tries again after a failure. Failures are counted durably: a crash between two attempts does not begin the count anew.</summary>
    /// <param name="count">Further attempts after the first, 0 to 100.</param>
    /// <param name="delay">The wait before the second attempt; default one second.</param>
    /// <param name="backoff">How the wait grows; at most one hour.</param>
    /// <returns>This.</returns>
    public StepBuilder Retry(int count, TimeSpan? delay = null, RetryBackoff backoff = RetryBackoff.Exponential)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, 100);
        if (delay is { } wait)
            ArgumentOutOfRangeException.ThrowIfLessThan(wait, TimeSpan.Zero, nameof(delay));
        Retries = count;
        RetryDelay = delay ?? TimeSpan.FromSeconds(1);
        Backoff = backoff;
        return this;
    }

    /// <summary>Cancels an attempt that takes longer; the attempt then counts as failed. The step must honour its cancellation token.</summary>
    /// <param name="limit">The longest time of one attempt; more than zero.</param>
    /// <returns>This.</returns>
    public StepBuilder Timeout(TimeSpan limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero);
        TimeLimit = limit;
        return this;
    }

    /// <summary>What the step asks for. Recorded with the run; in this version steps are admitted by the number of processors only.</summary>
    /// <param name="cpus">Processors; may be a fraction.</param>
    /// <param name="memoryBytes">Memory in bytes; 0 for no demand.</param>
    /// <param name="gpus">GPUs.</param>
    /// <returns>This.</returns>
    public StepBuilder Requires(double cpus = 1, long memoryBytes = 0, int gpus = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(cpus);
        ArgumentOutOfRangeException.ThrowIfNegative(memoryBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(gpus);
        Resources = new StepResources(cpus, memoryBytes, gpus);
        return this;
    }

    /// <summary>Always runs the step. For steps that read what their inputs do not name, or that act on something outside.</summary>
    /// <returns>This.</returns>
    public StepBuilder NoCache()
    {
        Cached = false;
        return this;
    }

    /// <summary>Runs only after other steps have ended well or were skipped, without taking their outputs.</summary>
    /// <param name="steps">Names of steps; they may be declared later.</param>
    /// <returns>This.</returns>
    public StepBuilder After(params string[] steps)
    {
        ArgumentNullException.ThrowIfNull(steps);
        Predecessors.AddRange(steps);
        return this;
    }

    /// <summary>Adds Polly strategies around each attempt, inside the retries, for instance a circuit breaker or a hedge.</summary>
    /// <param name="configure">Adds strategies. Called once per pipeline, so that their state is shared by all runs of this process.</param>
    /// <returns>This.</returns>
    public StepBuilder Resilient(Action<ResiliencePipelineBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        Resilience = configure;
        return this;
    }
}
