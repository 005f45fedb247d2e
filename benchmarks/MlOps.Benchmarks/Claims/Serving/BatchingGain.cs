using System.Globalization;
using MlOps.Benchmarks.Claims.Support;
using MlOps.Benchmarks.Measuring;
using MlOps.Serving;

namespace MlOps.Benchmarks.Claims.Serving;

/// <summary>256 asynchronous callers: through the endpoint, and each with a bound call of its own, which is the cheapest that they could do alone.</summary>
internal static class BatchingGain
{
    private const int Callers = 256;
    private const string Alone = "a bound call each";
    private const string Shared = "endpoint, one leader";

    public static async Task<ClaimResult> MeasureAsync(ClaimContext context, CancellationToken stop)
    {
        await using var served = await ServedMlp.StartAsync(Path.Combine(context.Folder, "one"), ServedMlp.Small, parallelism: 1, stop);
        await using var wide = await ServedMlp.StartAsync(Path.Combine(context.Folder, "all"), ServedMlp.Small, cancellationToken: stop);
        using var engine = new BatchEngine(
            OnnxModelRuntime.Load(served.Onnx, new OnnxRuntimeOptions(), "claim"), new BatchingOptions { Parallelism = 1 }, TimeProvider.System);
        var own = Enumerable.Range(0, Callers).Select(_ => new RawModel(served.Onnx, served.Width)).ToArray();
        using var batch = new RawModel(served.Onnx, served.Width, rows: Callers);
        float[] rows = [.. Enumerable.Range(0, Callers).SelectMany(row => served.Features(row).ToArray())];
        try
        {
            var result = await Paired.MeasureAsync(
                new PairedOptions { Rounds = 30, Operations = Callers * 1000, WarmUp = TimeSpan.FromSeconds(1.5) },
                [
                    (Alone, (start, count) => CallersAsync(count, (caller, each) => AskAloneAsync(served, own[caller], start + (caller * each), each))),
                    (Shared, (start, count) => CallersAsync(count, (caller, each) => AskSharedAsync(served, start + (caller * each), each))),
                    ("endpoint, a leader per core", (start, count) => CallersAsync(count, (caller, each) => AskSharedAsync(wide, start + (caller * each), each))),
                    ("batching engine, one leader", (start, count) => CallersAsync(count, (caller, each) => AskEngineAsync(served, engine, start + (caller * each), each))),
                    ("bare batches of 256, the ideal", (_, count) => Task.FromResult(RunBatches(batch, rows, count / Callers))),
                ],
                stop);
            double gain = result.CpuRatio(Alone, Shared);
            return ClaimResult.AtLeast(
                gain, 9, string.Create(CultureInfo.InvariantCulture, $"{gain:F1} x"), result.ToDetail("One request of 256 concurrent asynchronous callers, MLP 32-64-64-1", Alone));
        }
        finally
        {
            foreach (var model in own)
                model.Dispose();
        }
    }

    private static async Task<long> CallersAsync(int count, Func<int, int, Task<long>> caller)
    {
        var running = new Task<long>[Callers];
        for (int i = 0; i < Callers; i++)
        {
            int number = i;
            running[i] = Task.Run(() => caller(number, count / Callers));
        }

        return (await Task.WhenAll(running)).Sum();
    }

    private static Task<long> AskAloneAsync(ServedMlp served, RawModel model, int start, int count) => Task.FromResult(served.Raw(model, start, count));

    private static async Task<long> AskSharedAsync(ServedMlp served, int start, int count)
    {
        var endpoint = served.Endpoint;
        float[] scores = new float[1];
        float sum = 0;
        for (int i = start; i < start + count; i++)
        {
            var result = await endpoint.TryPredictAsync(served.Features(i), scores);
            if (result.Status != PredictionStatus.Ok)
                throw new InvalidOperationException($"A request ended as {result.Status}.");
            sum += scores[0];
        }

        return (long)sum;
    }

    private static async Task<long> AskEngineAsync(ServedMlp served, BatchEngine engine, int start, int count)
    {
        float[] scores = new float[1];
        float sum = 0;
        for (int i = start; i < start + count; i++)
        {
            var answer = await engine.PredictAsync(served.Features(i).Span, scores);
            if (answer.Status != PredictionStatus.Ok)
                throw new InvalidOperationException($"A request ended as {answer.Status}.");
            sum += scores[0];
        }

        return (long)sum;
    }

    private static long RunBatches(RawModel model, float[] rows, int count)
    {
        float sum = 0;
        for (int i = 0; i < count; i++)
        {
            rows[i % rows.Length] += 0.001f;
            sum += model.Predict(rows);
        }

        return (long)sum;
    }
}
