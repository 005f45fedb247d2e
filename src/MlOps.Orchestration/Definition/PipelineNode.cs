using Polly;

namespace MlOps.Orchestration;

internal delegate Task<string> StepBody(PipelineJson json, StepContext context, string[] inputs, CancellationToken cancellationToken);

/// <summary>A node of a compiled pipeline. Indexes are positions in <see cref="CompiledPipeline.Nodes"/>; -1 is the run's input.</summary>
internal sealed class PipelineNode
{
    public required int Index { get; init; }

    public required string Name { get; init; }

    public required StepKind Kind { get; init; }

    public required int[] Inputs { get; init; }

    public required Type Output { get; init; }

    public required StepBody Body { get; init; }

    public required StepBuilder Policy { get; init; }

    public int Condition { get; init; } = PipelineCompilation.None;

    public bool Expected { get; init; }

    public int[] After { get; set; } = [];

    // Every node that must have settled before this one can be decided, each once.
    public int[] Dependencies { get; set; } = [];

    public int[] Dependents { get; set; } = [];

    public ResiliencePipeline? Resilience { get; set; }
}
