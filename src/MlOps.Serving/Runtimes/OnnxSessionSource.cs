using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.OnnxRuntime;
using ExecutionMode = Microsoft.ML.OnnxRuntime.ExecutionMode;

namespace MlOps.Serving;

/// <summary>Makes the sessions of one model by its options, on the first device that takes it.</summary>
internal class OnnxSessionSource(byte[] model, OnnxRuntimeOptions options, string subject, IFileSystem? files = null)
{
    // Below, the originals that sharing keeps beside their packed forms would cost more than it saves.
    private const int InstancesThatShare = 3;

    private static readonly DeviceOptions Processor = new();

    /// <summary>The sessions of all instances.</summary>
    /// <param name="reason">Why it is not the first device of the options; otherwise null.</param>
    /// <exception cref="InvalidDefinitionException">ONNX Runtime refuses the model, or no device that is required can be had.</exception>
    public OnnxSession[] Open(out string? reason)
    {
        var failures = new List<string>();
        foreach (var device in options.Devices)
        {
            if (device.Kind == DeviceKind.Cpu)
                break;
            try
            {
                reason = failures.Count == 0 ? null : string.Join(" ", failures);
                return OpenOn(device);
            }
            catch (Exception e) when (e is OnnxRuntimeException or DllNotFoundException or EntryPointNotFoundException or NotSupportedException)
            {
                failures.Add($"{device} cannot be used: {Explain(device, e)}");
            }
        }

        if (options.RequireDevice && failures.Count > 0)
            throw new InvalidDefinitionException($"{subject} is to run on {string.Join(" or ", options.Devices)} and nowhere else. {string.Join(" ", failures)}");
        reason = failures.Count == 0 ? null : string.Join(" ", failures);
        return OpenOnCpu();
    }

    public OnnxSession[] OpenOnCpu()
    {
        try
        {
            return OpenOn(Processor);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidDefinitionException($"ONNX Runtime refuses the model of {subject}: {e.Message}", e);
        }
    }

    protected virtual OnnxSession OpenOne(DeviceOptions device, int instance)
    {
        var share = options.ShareWeights && device.Kind == DeviceKind.Cpu && options.Instances >= InstancesThatShare;
        var weights = share ? SharedWeights.Take(model) : null;
        try
        {
            using var settings = new SessionOptions();
            Configure(settings, instance);
            AppendDevice(settings, device);
            weights?.AddTo(settings);
            OnnxEnvironment.DisableTelemetry();
            return new OnnxSession(Create(settings, weights, device), device, weights);
        }
        catch
        {
            weights?.Dispose();
            throw;
        }
    }

    private OnnxSession[] OpenOn(DeviceOptions device)
    {
        var sessions = new OnnxSession[Math.Max(1, options.Instances)];
        try
        {
            for (var i = 0; i < sessions.Length; i++)
                sessions[i] = OpenOne(device, i);
            return sessions;
        }
        catch
        {
            foreach (var session in sessions)
                session?.Dispose();
            throw;
        }
    }

    private InferenceSession Create(SessionOptions settings, SharedWeights? weights, DeviceOptions device)
    {
        if (weights is not null)
            return new InferenceSession(model, settings, SharedWeights.Packed);
        if (options.OptimizedModelFolder is not { } folder || device.Kind != DeviceKind.Cpu || files is null)
            return new InferenceSession(model, settings);
        files.CreateDirectory(folder);
        var path = Path.Combine(folder, CacheName());
        if (files.FileExists(path))
        {
            var optimized = new byte[files.FileLength(path)];
            using (var stream = files.OpenRead(path))
                stream.ReadExactly(optimized);
            settings.GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL;
            return new InferenceSession(optimized, settings);
        }

        var temporary = $"{path}.{Environment.ProcessId}.{Guid.NewGuid():N}.tmp";
        settings.OptimizedModelFilePath = temporary;
        try
        {
            var session = new InferenceSession(model, settings);
            files.Replace(temporary, path);
            return session;
        }
        catch
        {
            files.Delete(temporary);
            throw;
        }
    }

    private string CacheName()
    {
        var isa = $"{RuntimeInformation.ProcessArchitecture} {Avx2.IsSupported} {Avx512F.IsSupported} {AvxVnni.IsSupported} {AdvSimd.IsSupported}";
        var settings = $"{OrtEnv.Instance().GetVersionString()} {options.GraphOptimization} {options.Deterministic} {isa} {string.Join(" ", options.SessionConfig.OrderBy(entry => entry.Key, StringComparer.Ordinal))}";
        var hash = SHA256.HashData([.. SHA256.HashData(model), .. Encoding.UTF8.GetBytes(settings)]);
        return Convert.ToHexStringLower(hash) + ".onnx";
    }

    private void Configure(SessionOptions settings, int instance)
    {
        if (options.UseGlobalThreadPool)
        {
            OnnxEnvironment.RequireThreadPool(options);
            settings.DisablePerSessionThreads();
        }
        else
        {
            settings.IntraOpNumThreads = options.IntraOpThreads;
            settings.InterOpNumThreads = options.InterOpThreads;
            settings.AddSessionConfigEntry("session.intra_op.allow_spinning", options.AllowSpinning ? "1" : "0");
            settings.AddSessionConfigEntry("session.inter_op.allow_spinning", options.AllowSpinning && options.ParallelExecution ? "1" : "0");
            if (options.ThreadAffinities.Count > 0 && options.IntraOpThreads != 1)
                settings.AddSessionConfigEntry("session.intra_op_thread_affinities", options.ThreadAffinities[instance % options.ThreadAffinities.Count]);
        }

        if (options.ShareAllocator)
        {
            OnnxEnvironment.RequireArena();
            settings.AddSessionConfigEntry("session.use_env_allocators", "1");
        }

        settings.ExecutionMode = options.ParallelExecution ? ExecutionMode.ORT_PARALLEL : ExecutionMode.ORT_SEQUENTIAL;
        settings.GraphOptimizationLevel = (GraphOptimizationLevel)options.GraphOptimization;
        settings.LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR;
        settings.EnableCpuMemArena = options.UseArena;
        settings.EnableMemoryPattern = options.UseMemoryPattern && !options.ParallelExecution;
        if (options.DenormalAsZero)
            settings.AddSessionConfigEntry("session.set_denormal_as_zero", "1");
        if (options.Deterministic)
            settings.AddSessionConfigEntry("session.use_deterministic_compute", "1");
        foreach (var (key, value) in options.SessionConfig)
            settings.AddSessionConfigEntry(key, value);
    }

    private static void AppendDevice(SessionOptions settings, DeviceOptions device)
    {
        if (device.Kind == DeviceKind.Cpu)
            return;
        var wanted = device.Kind == DeviceKind.Cuda ? "CUDAExecutionProvider" : "TensorrtExecutionProvider";
        var built = OnnxEnvironment.Providers();
        if (!built.Contains(wanted, StringComparer.Ordinal))
            throw new NotSupportedException($"the native library has no {wanted}, only {string.Join(", ", built)}; install the one with CUDA (in this repository: setup --gpu)");
        if (device.Kind == DeviceKind.TensorRt)
        {
            using var tensorRt = new OrtTensorRTProviderOptions();
            tensorRt.UpdateOptions(device.TensorRtSettings());
            settings.AppendExecutionProvider_Tensorrt(tensorRt);
        }

        using var cuda = new OrtCUDAProviderOptions();
        cuda.UpdateOptions(device.CudaSettings());
        settings.AppendExecutionProvider_CUDA(cuda);
    }

    private static string Explain(DeviceOptions device, Exception e) => string.Create(
        CultureInfo.InvariantCulture, $"{e.Message.Trim().TrimEnd('.')}{(e is DllNotFoundException ? $" (is the driver of {device.Kind} installed?)" : "")}.");
}
