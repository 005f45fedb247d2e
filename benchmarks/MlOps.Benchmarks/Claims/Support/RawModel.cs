using Microsoft.ML.OnnxRuntime;

namespace MlOps.Benchmarks.Claims.Support;

/// <summary>ONNX Runtime as fast as one caller can have it: one thread, values and binding built once over pinned arrays.</summary>
internal sealed class RawModel : IDisposable
{
    private readonly InferenceSession _session;
    private readonly RunOptions _options = new();
    private readonly OrtIoBinding _binding;
    private readonly OrtValue _input;
    private readonly OrtValue _output;
    private readonly float[] _inputs;
    private readonly float[] _outputs;

    public RawModel(byte[] model, int width, int outputs = 1, int rows = 1)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1, ExecutionMode = ExecutionMode.ORT_SEQUENTIAL };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        _session = new InferenceSession(model, options);
        _inputs = GC.AllocateArray<float>(width * rows, pinned: true);
        _outputs = GC.AllocateArray<float>(outputs * rows, pinned: true);
        _input = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, _inputs.AsMemory(), [rows, width]);
        _output = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, _outputs.AsMemory(), [rows, outputs]);
        _binding = _session.CreateIoBinding();
        _binding.BindInput("input", _input);
        _binding.BindOutput("output", _output);
    }

    public float Predict(ReadOnlySpan<float> rows)
    {
        rows.CopyTo(_inputs);
        _session.RunWithBinding(_options, _binding);
        return _outputs[0];
    }

    public void Dispose()
    {
        _binding.Dispose();
        _input.Dispose();
        _output.Dispose();
        _options.Dispose();
        _session.Dispose();
    }
}
