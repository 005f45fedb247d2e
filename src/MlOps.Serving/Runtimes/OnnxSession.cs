using Microsoft.ML.OnnxRuntime;

namespace MlOps.Serving;

/// <summary>One session and what it runs on. Thread-safe, as ONNX Runtime's.</summary>
internal class OnnxSession(InferenceSession session, DeviceOptions device, IDisposable? weights = null) : IDisposable
{
    public InferenceSession Inner { get; } = session;

    public DeviceOptions Device { get; } = device;

    private readonly OrtMemoryInfo _memory = device.Kind == DeviceKind.Cpu
        ? OrtMemoryInfo.DefaultInstance
        : new OrtMemoryInfo(OrtMemoryInfo.allocatorCUDA, OrtAllocatorType.DeviceAllocator, device.DeviceId, OrtMemType.Default);

    public bool OnDevice => Device.Kind != DeviceKind.Cpu;

    private int _graphs;

    /// <summary>The base of the numbers of one buffer's recordings, which differ by batch size.</summary>
    public int NextGraph() => Interlocked.Increment(ref _graphs) << 16;

    public virtual IDisposableReadOnlyCollection<OrtValue> Run(
        RunOptions options, IReadOnlyCollection<string> names, IReadOnlyCollection<OrtValue> values, IReadOnlyCollection<string> wanted) =>
        Inner.Run(options, names, values, wanted);

    public virtual void RunWithBinding(RunOptions options, OrtIoBinding binding) => Inner.RunWithBinding(options, binding);

    public IDisposableReadOnlyCollection<OrtValue> RunBound(RunOptions options, OnnxInputs inputs, IReadOnlyList<string> wanted)
    {
        using var binding = Inner.CreateIoBinding();
        for (var i = 0; i < inputs.Names.Count; i++)
            binding.BindInput(inputs.Names[i], inputs.Values[i]);
        foreach (var name in wanted)
            binding.BindOutputToDevice(name, _memory);
        RunWithBinding(options, binding);
        return binding.GetOutputValues();
    }

    public void Dispose()
    {
        if (OnDevice)
            _memory.Dispose();
        Inner.Dispose();
        weights?.Dispose();
        GC.SuppressFinalize(this);
    }
}
