using Microsoft.Extensions.DependencyInjection;
using MlOps.Benchmarks.Claims.Support;
using MlOps.Registry;
using MlOps.Serving;
using MlOps.Serving.Tests;

namespace MlOps.Benchmarks.Claims.Serving;

/// <summary>A generated perceptron behind an endpoint with a typed predictor, and the rows to ask it, fresh ones in turn.</summary>
internal sealed class ServedMlp : IAsyncDisposable
{
    public const string Model = "mlp";
    public static readonly int[] Small = [32, 64, 64, 1];

    /// <summary>7.4 MB of weights.</summary>
    public static readonly int[] Large = [256, 1024, 1024, 512, 1];

    private const int RowCount = 4096;
    private readonly ClaimHost _host;
    private readonly float[] _values;

    private ServedMlp(ClaimHost host, byte[] onnx, int width)
    {
        _host = host;
        Onnx = onnx;
        Width = width;
        _values = OnnxModels.Values(new Random(3), RowCount * width);
        Rows = [.. Enumerable.Range(0, RowCount).Select(row => new Row(_values, row * width, width))];
        Predictor = host.Environment.Get<IPredictor<Row, float>>();
    }

    public byte[] Onnx { get; }

    public int Width { get; }

    public Row[] Rows { get; }

    public IPredictor<Row, float> Predictor { get; }

    public IMlOpsEnvironment Environment => _host.Environment;

    public IEndpoint Endpoint => _host.Environment.Get<IEndpoints>()[Model];

    public static async Task<ServedMlp> StartAsync(string folder, int[] sizes, int parallelism = 0, CancellationToken cancellationToken = default)
    {
        byte[] onnx = OnnxModels.Mlp(1, sizes);
        string[] names = [.. Enumerable.Range(0, sizes[0]).Select(i => $"f{i}")];
        var host = new ClaimHost(
            folder,
            mlops =>
            {
                mlops.AddModel<Row, float>(Model, bind => bind
                    .Encode(names, (input, features) => input.Values.AsSpan(input.Start, input.Length).CopyTo(features))
                    .Decode(scores => scores[0]));
                mlops.Services.PostConfigure<ServingOptions>("sandbox", options => options.Batching = options.Batching with { Parallelism = parallelism });
            });
        var served = new ServedMlp(host, onnx, sizes[0]);
        var version = await served.RegisterAsync(onnx, names, cancellationToken);
        await served.Endpoint.SetTrafficAsync(TrafficPolicy.Single(version), "claim", cancellationToken: cancellationToken);
        await served.Predictor.PredictAsync(served.Rows[0], cancellationToken);
        return served;
    }

    public async Task<ModelVersionRef> RegisterAsync(byte[] onnx, string[] names, CancellationToken cancellationToken = default)
    {
        var draft = await new ModelVersionBuilder(Environment.Context.Artifacts, Model).WithOnnx(onnx, names).BuildAsync(cancellationToken);
        return (await Environment.Get<IModelRegistry>().RegisterAsync(draft, cancellationToken)).Ref;
    }

    /// <summary>Asks one row after the other; every answer must be there at once, as it is for a single caller.</summary>
    public long Predict(int start, int count)
    {
        float sum = 0;
        for (int i = start; i < start + count; i++)
        {
            var task = Predictor.PredictAsync(Rows[i & (RowCount - 1)]);
            if (!task.IsCompletedSuccessfully)
                throw new InvalidOperationException("A single caller's answer was not there at once.");
            sum += task.Result.Value;
        }

        return (long)sum;
    }

    /// <summary>The same rows through the endpoint, without the typed predictor.</summary>
    public long Ask(int start, int count)
    {
        var endpoint = Endpoint;
        float[] scores = new float[1];
        float sum = 0;
        for (int i = start; i < start + count; i++)
        {
            var task = endpoint.TryPredictAsync(Features(i), scores);
            if (!task.IsCompletedSuccessfully || task.Result.Status != PredictionStatus.Ok)
                throw new InvalidOperationException("A single caller's answer was not there at once.");
            sum += scores[0];
        }

        return (long)sum;
    }

    public long Raw(RawModel model, int start, int count)
    {
        float sum = 0;
        for (int i = start; i < start + count; i++)
            sum += model.Predict(Features(i).Span);
        return (long)sum;
    }

    public ReadOnlyMemory<float> Features(int row) => _values.AsMemory((row & (RowCount - 1)) * Width, Width);

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    /// <summary>A row of features in a longer array.</summary>
    public readonly record struct Row(float[] Values, int Start, int Length);
}
