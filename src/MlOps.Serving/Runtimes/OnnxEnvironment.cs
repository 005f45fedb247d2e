using Microsoft.ML.OnnxRuntime;

namespace MlOps.Serving;

/// <summary>ONNX Runtime's own environment, of which a process has one: global thread pool and shared arena are part of it.</summary>
internal static class OnnxEnvironment
{
    private static readonly Lock Gate = new();
    private static bool s_pool;
    private static bool s_arena;
    private static bool s_quiet;

    /// <summary>Turns ONNX Runtime's telemetry off, which some builds have on: nothing of a host's models leaves it.</summary>
    public static void DisableTelemetry()
    {
        if (Volatile.Read(ref s_quiet))
            return;
        lock (Gate)
        {
            OrtEnv.Instance().DisableTelemetryEvents();
            s_quiet = true;
        }
    }

    /// <summary>What the native library was built with.</summary>
    public static IReadOnlyList<string> Providers()
    {
        lock (Gate)
            return OrtEnv.Instance().GetAvailableProviders();
    }

    /// <summary>Makes sure that the thread pool exists that sessions are to share.</summary>
    /// <exception cref="InvalidDefinitionException">The process made its environment without one.</exception>
    public static void RequireThreadPool(OnnxRuntimeOptions options)
    {
        lock (Gate)
        {
            if (s_pool)
                return;
            if (OrtEnv.IsCreated)
                throw new InvalidDefinitionException($"{nameof(OnnxRuntimeOptions.UseGlobalThreadPool)} is set, but this process has loaded models without it: set it in every environment, or in none.");
            using var threads = new OrtThreadingOptions
            {
                GlobalIntraOpNumThreads = options.IntraOpThreads, GlobalInterOpNumThreads = options.InterOpThreads, GlobalSpinControl = options.AllowSpinning,
            };
            if (options.DenormalAsZero)
                threads.SetGlobalDenormalAsZero();
            var creation = new EnvironmentCreationOptions { logId = "mlops", logLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, threadOptions = threads };
            OrtEnv.CreateInstanceWithOptions(ref creation);
            s_pool = true;
        }
    }

    /// <summary>Makes sure that the arena exists that sessions are to share.</summary>
    public static void RequireArena()
    {
        lock (Gate)
        {
            if (s_arena)
                return;
            using var memory = new OrtMemoryInfo(OrtMemoryInfo.allocatorCPU, OrtAllocatorType.ArenaAllocator, 0, OrtMemType.Default);
            using var arena = new OrtArenaCfg(0, -1, -1, -1);
            OrtEnv.Instance().CreateAndRegisterAllocator(memory, arena);
            s_arena = true;
        }
    }
}
