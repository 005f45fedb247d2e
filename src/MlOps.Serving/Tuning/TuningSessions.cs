using Microsoft.ML.OnnxRuntime;

namespace MlOps.Serving;

/// <summary>Makes session options for what the tuner tries.</summary>
internal static class TuningSessions
{
    /// <summary>What ONNX Runtime does when nobody says anything: as many threads as cores, spinning. The baseline of a tuning's gain.</summary>
    public static OnnxRuntimeOptions Defaults { get; } = new() { IntraOpThreads = 0, AllowSpinning = true };

    public static SessionOptions Make(OnnxRuntimeOptions options)
    {
        var made = new SessionOptions
        {
            IntraOpNumThreads = Math.Max(0, options.IntraOpThreads),
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        made.AddSessionConfigEntry("session.intra_op.allow_spinning", options.AllowSpinning ? "1" : "0");
        made.AddSessionConfigEntry("session.inter_op.allow_spinning", "0");
        if (options.DenormalAsZero)
            made.AddSessionConfigEntry("session.set_denormal_as_zero", "1");
        return made;
    }
}
