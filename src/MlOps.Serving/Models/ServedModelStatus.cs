using MlOps.Registry;

namespace MlOps.Serving;

/// <summary>A model version in this process.</summary>
/// <param name="Version">The version.</param>
/// <param name="State">Where it stands.</param>
/// <param name="MemoryBytes">What it holds in memory, as far as it is known; 0 when it is not loaded.</param>
/// <param name="Inputs">Its inputs; empty when it was never loaded.</param>
/// <param name="Outputs">Its outputs; empty when it was never loaded.</param>
/// <param name="Endpoints">The endpoints that serve it.</param>
/// <param name="LastError">Why it could not be loaded; null when all is well.</param>
public sealed record ServedModelStatus(
    ModelVersionRef Version, ServedModelState State, long MemoryBytes, IReadOnlyList<TensorSpec> Inputs, IReadOnlyList<TensorSpec> Outputs,
    IReadOnlyList<string> Endpoints, string? LastError)
{
    /// <summary>What the model runs on: <c>cpu</c>, <c>cuda:0</c>.</summary>
    /// <value>Default: cpu.</value>
    public string Device { get; init; } = DeviceOptions.Cpu;

    /// <summary>Why it does not run on the device that was asked for first; null when it does.</summary>
    public string? DeviceReason { get; init; }
}
