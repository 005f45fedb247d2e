using MlOps.Orchestration;

namespace MlOps;

/// <summary>What every pipeline has. Implement <see cref="IPipeline{TInput}"/>, which fills in the rest.</summary>
public interface IPipeline
{
    /// <summary>The pipeline's name: 1-100 characters of letters, digits, <c>. _ -</c>, beginning with a letter.</summary>
    string Name { get; }

    /// <summary>
    /// What stands for the code in cache keys and run records. Steps that ran under another code version are not reused.
    /// </summary>
    /// <value>Default: null, the module version of the assembly that declares the pipeline; it changes with every change of the assembly.</value>
    string? CodeVersion => null;

    internal CompiledPipeline Compile(PipelineCompilation compilation);
}
