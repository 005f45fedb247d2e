namespace MlOps.Orchestration;

/// <summary>A node of a pipeline's graph, as data.</summary>
public sealed record StepDefinition
{
    /// <summary>The step's name.</summary>
    public required string Name { get; init; }

    /// <summary>What it does.</summary>
    public required StepKind Kind { get; init; }

    /// <summary>The steps whose outputs it takes, in order; <c>$input</c> is the run's input.</summary>
    public required IReadOnlyList<string> Inputs { get; init; }

    /// <summary>The name of its output's type.</summary>
    public required string Output { get; init; }

    /// <summary>The decision that it hangs on, or null.</summary>
    public string? Condition { get; init; }

    /// <summary>The answer of <see cref="Condition"/> for which it runs.</summary>
    public bool Expected { get; init; }

    /// <summary>The steps that it only waits for.</summary>
    public IReadOnlyList<string> After { get; init; } = [];

    /// <summary>Further attempts after a failure.</summary>
    public int Retries { get; init; }

    /// <summary>The longest time of one attempt, or null.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>What it asks for.</summary>
    public StepResources Resources { get; init; } = new();

    /// <summary>Whether a former result with equal inputs, code and environment is reused.</summary>
    public bool Cached { get; init; }
}
