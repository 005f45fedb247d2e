namespace MlOps.Orchestration.Tests;

internal sealed class DelegatePipeline(Action<PipelineBuilder<int>> define, string name = "test", string? code = "1") : IPipeline<int>
{
    public string Name => name;

    public string? CodeVersion => code;

    public void Define(PipelineBuilder<int> pipeline) => define(pipeline);
}
