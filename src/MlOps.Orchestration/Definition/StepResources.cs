namespace MlOps.Orchestration;

/// <summary>What a step asks for.</summary>
/// <param name="Cpus">Processors.</param>
/// <param name="MemoryBytes">Memory in bytes; 0 for no demand.</param>
/// <param name="Gpus">GPUs.</param>
public sealed record StepResources(double Cpus = 1, long MemoryBytes = 0, int Gpus = 0);
