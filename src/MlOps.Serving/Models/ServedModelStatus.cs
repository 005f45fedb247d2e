using MlOps.Registry;

namespace MlOps.Serving;

/// <summary>A model version in this process.</summary>
/// <param name="Version">The version.</param>
/// <param name="State">Where it stands.</param>
/// <param name="MemoryBytes">What it counts for in the memory budget: measured where the system tells, otherwise estimated; 0 when it is not loaded.</param>
/// <param name="Inputs">Its inputs; empty when it was never loaded.</param>
/// <param name="Outputs">Its outputs; empty when it was never loaded.</param>
/// <param name="Endpoints">The endpoints that serve it.</param>
/// <param name="LastError">Why it could not be loaded the last time; null when all is well.</param>
public sealed record ServedModelStatus(
    ModelVersionRef Version, ServedModelState State, long MemoryBytes, IReadOnlyList<TensorSpec> Inputs, IReadOnlyList<TensorSpec> Outputs,
    IReadOnlyList<string> Endpoints, string? LastError)
{
    /// <summary>What the model runs on, for instance <c>cpu</c> or <c>cuda:0</c>; null when it was never loaded.</summary>
    public string? Device { get; init; }

    /// <summary>Why it does not run on the device that was asked for first; null when it does.</summary>
    public string? DeviceReason { get; init; }

    /// <summary>Whether it stays in memory until it is unloaded explicitly.</summary>
    public bool IsPinned { get; init; }

    /// <summary>When it was loaded last; null when never.</summary>
    public Timestamp? LoadedAt { get; init; }

    /// <summary>How long the last load took: reading, verifying, smoke test and warm-up.</summary>
    public TimeSpan LoadTime { get; init; }

    /// <summary>When it last answered or refused a request; for rows of endpoints as of the last look at it. Null when never.</summary>
    public Timestamp? LastUsedAt { get; init; }

    /// <summary>Requests and rows that it was given, former stays in memory included.</summary>
    public long Requests { get; init; }

    /// <summary>From when on a request tries again to load it after a failure; null when all is well.</summary>
    public Timestamp? RetryAt { get; init; }
}
