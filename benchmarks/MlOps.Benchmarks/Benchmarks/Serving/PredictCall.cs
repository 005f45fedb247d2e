using BenchmarkDotNet.Attributes;
using MlOps.Benchmarks.Claims.Serving;
using MlOps.Benchmarks.Claims.Support;

namespace MlOps.Benchmarks.Benchmarks.Serving;

/// <summary>One prediction by a small perceptron: bare ONNX Runtime with prebuilt binding, the endpoint, the typed predictor.</summary>
public class PredictCall
{
    private const int Calls = 256;
    private readonly BenchmarkFolder _folder = new();
    private RawModel? _raw;
    private ServedMlp? _served;
    private int _next;

    [GlobalSetup]
    public void SetUp()
    {
        _served = ServedMlp.StartAsync(_folder.Path, ServedMlp.Small).GetAwaiter().GetResult();
        _raw = new RawModel(_served.Onnx, _served.Width);
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        _raw!.Dispose();
        _served!.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _folder.Dispose();
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Calls)]
    public long OnnxRuntime() => _served!.Raw(_raw!, _next += Calls, Calls);

    [Benchmark(OperationsPerInvoke = Calls)]
    public long Endpoint() => _served!.Ask(_next += Calls, Calls);

    [Benchmark(OperationsPerInvoke = Calls)]
    public long TypedPredictor() => _served!.Predict(_next += Calls, Calls);
}
