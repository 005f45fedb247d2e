namespace MlOps.Orchestration;

/// <summary>A validated pipeline, ready to run in one environment.</summary>
internal sealed class CompiledPipeline
{
    public required string Name { get; init; }

    public required string CodeVersion { get; init; }

    public required Type Input { get; init; }

    public required PipelineNode[] Nodes { get; init; }

    public required PipelineJson Json { get; init; }

    public required PipelineDefinition Definition { get; init; }

    public required string DefinitionJson { get; init; }

    public required string DefinitionHash { get; init; }
}
