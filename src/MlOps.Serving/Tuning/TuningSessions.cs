namespace MlOps.Serving;

/// <summary>Settings that tunings are compared with.</summary>
internal static class TuningSessions
{
    /// <summary>What ONNX Runtime does when nobody says anything: as many threads as cores, spinning. The baseline of a tuning's gain.</summary>
    public static OnnxRuntimeOptions Defaults { get; } = new() { IntraOpThreads = 0, AllowSpinning = true };
}
