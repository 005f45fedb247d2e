using Microsoft.ML.OnnxRuntime;

namespace MlOps.Serving;

/// <summary>One session and what it runs on. Thread-safe, as ONNX Runtime's.</summary>
internal class OnnxSession(InferenceSession session, DeviceOptions device, IDisposable? weights = null) : IDisposable
{
    public InferenceSession Inner { get; } = session;

    public DeviceOptions Device { get; } = device;

    public bool OnDevice => Device.Kind != DeviceKind.Cpu;

    public virtual IDisposableReadOnlyCollection<OrtValue> Run(
        RunOptions options, IReadOnlyCollection<string> names, IReadOnlyCollection<OrtValue> values, IReadOnlyCollection<string> wanted) =>
        Inner.Run(options, names, values, wanted);

    public virtual void RunWithBinding(RunOptions options, OrtIoBinding binding) => Inner.RunWithBinding(options, binding);

    public void Dispose()
    {
        Inner.Dispose();
        weights?.Dispose();
        GC.SuppressFinalize(this);
    }
}
