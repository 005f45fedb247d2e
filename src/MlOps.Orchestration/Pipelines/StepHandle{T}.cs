using MlOps.Orchestration;

namespace MlOps;

/// <summary>Stands for the output of a step while a pipeline is being defined. It holds no value; it wires steps together.</summary>
/// <typeparam name="T">The step's output.</typeparam>
public readonly struct StepHandle<T>
{
    internal StepHandle(PipelineCompilation? owner, int index)
    {
        Owner = owner;
        Index = index;
    }

    internal PipelineCompilation? Owner { get; }

    // -1 is the run's input.
    internal int Index { get; }
}
