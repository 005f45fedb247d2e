namespace MlOps.Features;

/// <summary>What a stream job does.</summary>
public enum StreamJobState
{
    /// <summary>It reads and applies.</summary>
    Running = 0,

    /// <summary>It waits until it is resumed.</summary>
    Paused = 1,

    /// <summary>It was stopped, or its stream is complete; everything read is in.</summary>
    Stopped = 2,

    /// <summary>It failed; what was checkpointed is in, and a new start goes on there.</summary>
    Failed = 3,
}
