using Microsoft.Extensions.Logging;
using MlOps.Registry;

namespace MlOps.Orchestration;

/// <summary>What executors of one environment share.</summary>
internal sealed class EngineScope
{
    // Set while user code of a step runs: a run started from inside a step must not wait for the slot that the step holds.
    private static readonly AsyncLocal<bool> InsideStep = new();

    public required EnvironmentContext Context { get; init; }

    public required IMlOpsEnvironment Environment { get; init; }

    public required OrchestrationOptions Options { get; init; }

    public required RunStore Store { get; init; }

    public required ProgressHub Progress { get; init; }

    public required SemaphoreSlim Slots { get; init; }

    public required string Owner { get; init; }

    public required ILogger Logger { get; init; }

    public IExperiments? Experiments { get; init; }

    public SemaphoreSlim SlotsForRun() => InsideStep.Value ? new SemaphoreSlim(Options.MaxParallelSteps) : Slots;

    public static void EnterStep() => InsideStep.Value = true;
}
