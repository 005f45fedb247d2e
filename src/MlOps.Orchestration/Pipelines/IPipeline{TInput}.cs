using MlOps.Orchestration;

namespace MlOps;

/// <summary>
/// A typed graph of steps, defined in code. One instance is made per environment, with that environment's services; it must not
/// keep state between runs, since a run may be resumed by another process.
/// </summary>
/// <typeparam name="TInput">The parameters of a run; a small value that System.Text.Json can write and read.</typeparam>
public interface IPipeline<TInput> : IPipeline
{
    /// <summary>Declares the steps. Called once per environment; it must declare the same graph each time.</summary>
    /// <param name="pipeline">Takes the steps.</param>
    void Define(PipelineBuilder<TInput> pipeline);

    CompiledPipeline IPipeline.Compile(PipelineCompilation compilation)
    {
        var builder = new PipelineBuilder<TInput>(compilation);
        Define(builder);
        return compilation.Build(typeof(TInput));
    }
}
