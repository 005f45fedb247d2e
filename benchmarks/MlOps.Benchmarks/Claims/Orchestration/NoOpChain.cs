using MlOps.Orchestration;

namespace MlOps.Benchmarks.Claims.Orchestration;

/// <summary>Steps that do nothing, one after the other, none from the cache.</summary>
internal sealed class NoOpChain : IPipeline<int>
{
    public const int Steps = 20;

    public string Name => "no-op-chain";

    public void Define(PipelineBuilder<int> pipeline)
    {
        var last = pipeline.Step("step1", (_, input, _) => Task.FromResult(input), step => step.NoCache());
        for (int i = 2; i <= Steps; i++)
            last = pipeline.Step($"step{i}", last, (_, input, _) => Task.FromResult(input + 1), step => step.NoCache());
    }
}
