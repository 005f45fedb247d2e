using System.Globalization;
using MlOps.Benchmarks.Measuring;
using MlOps.Serving;
using MlOps.Serving.Tests;

namespace MlOps.Benchmarks.Claims.Serving;

/// <summary>Requests in tensors that share batches: a small model of two inputs, and texts of mixed lengths.</summary>
internal static class TensorClaims
{
    private const int Callers = 256;
    private const int Vocabulary = 1000;

    public static IEnumerable<IClaim> All =>
    [
        new Claim(
            "serving.tensor-batching",
            "CPU per request of a plain run each over that of the tensor engine, one leader, 256 asynchronous callers (two inputs, MLP 32-64-64-1, fresh rows)",
            "at least 4 x",
            GainAsync),
        new Claim(
            "serving.ragged",
            "CPU per text of batches padded to the longest over that of the tensor engine's length buckets (lengths 8-128 evenly mixed, encoder of 4 layers and width 256); every row within 1e-5 of its solo run",
            "at least 1.7 x",
            RaggedAsync),
    ];

    private static async Task<ClaimResult> GainAsync(ClaimContext context, CancellationToken stop)
    {
        byte[] onnx = TensorModels.TwoInputs(1, 24, 8, 64, 64);
        var random = new Random(2);
        var requests = Enumerable.Range(0, 4096).Select(_ => new Dictionary<string, ModelValue>
        {
            ["left"] = TensorValue.Create(OnnxModels.Values(random, 24), 1, 24), ["right"] = TensorValue.Create(OnnxModels.Values(random, 8), 1, 8),
        }).ToArray();
        using var plain = Load(onnx);
        using var engine = new TensorEngine(Load(onnx), new BatchingOptions { Parallelism = 1 }, TimeProvider.System);
        engine.WarmUp();
        string[] wanted = ["score"];
        const string alone = "a plain run each";
        const string shared = "tensor engine, one leader";
        var result = await Paired.MeasureAsync(
            new PairedOptions { Rounds = 30, Operations = Callers * 100, WarmUp = TimeSpan.FromSeconds(1.5) },
            [
                (alone, (start, count) => CallersAsync(count, (caller, each) => Task.FromResult(AskAlone(plain, requests, wanted, start + (caller * each), each)))),
                (shared, (start, count) => CallersAsync(count, (caller, each) => AskSharedAsync(engine, requests, wanted, start + (caller * each), each))),
                ("tensor engine, one caller", (start, count) => AskSharedAsync(engine, requests, wanted, start, count)),
            ],
            stop);
        double gain = result.CpuRatio(alone, shared);
        return ClaimResult.AtLeast(
            gain, 4, string.Create(CultureInfo.InvariantCulture, $"{gain:F1} x"), result.ToDetail("One request of 256 concurrent asynchronous callers, two inputs, MLP 32-64-64-1", alone));
    }

    private static async Task<ClaimResult> RaggedAsync(ClaimContext context, CancellationToken stop)
    {
        const int batch = 16;
        byte[] onnx = TensorModels.Encoder(1, Vocabulary, 256, layers: 4, inner: 1024);
        var random = new Random(4);
        var texts = Enumerable.Range(0, 1024).Select(_ => Text(random, random.Next(8, 129))).ToArray();
        using var plain = Load(onnx);
        var ragged = new RaggedOptions { Lengths = new Dictionary<string, int> { ["ids"] = 1 }, Mask = "mask" };
        using var engine = new TensorEngine(
            Load(onnx), new BatchingOptions { Parallelism = 1, Tensors = new() { Ragged = ragged } }, TimeProvider.System);
        string[] wanted = ["pooled"];

        // Warm: shapes, boundaries and costs are learnt.
        double difference = await CompareAsync(engine, plain, texts, stop);
        const string longest = "batches of 16, padded to the longest";
        const string buckets = "tensor engine, length buckets";
        var result = await Paired.MeasureAsync(
            new PairedOptions { Rounds = 6, Operations = 256, WarmUp = TimeSpan.FromSeconds(2) },
            [
                (longest, (start, count) => Task.FromResult(PadToLongest(plain, texts, wanted, start, count, batch))),
                (buckets, async (start, count) =>
                {
                    var running = new Task<TensorAnswer>[count];
                    for (int i = 0; i < count; i++)
                    {
                        var text = texts[(start + i) % texts.Length];
                        running[i] = Task.Run(async () => await engine.RunAsync(text, wanted, 0, default));
                    }

                    return (await Task.WhenAll(running)).Sum(answer => answer.Status == PredictionStatus.Ok ? 1L : throw new InvalidOperationException("A text failed.", answer.Error));
                }),
                ("each by itself", (start, count) => Task.FromResult(PadToLongest(plain, texts, wanted, start, count, 1))),
            ],
            stop);
        double gain = result.CpuRatio(longest, buckets);
        var detail = result.ToDetail("One text of 8 to 128 tokens", longest);
        string text = string.Create(CultureInfo.InvariantCulture, $"{gain:F2} x, rows within {difference:E1}");
        return difference < 1e-5 ? ClaimResult.AtLeast(gain, 1.7, text, detail) : ClaimResult.AtMost(difference, 1e-5, text, detail);
    }

    private static async Task<double> CompareAsync(TensorEngine engine, OnnxModelRuntime plain, Dictionary<string, ModelValue>[] texts, CancellationToken stop)
    {
        var running = texts.Select(text => Task.Run(async () => await engine.RunAsync(text, null, 0, stop))).ToArray();
        double worst = 0;
        for (int i = 0; i < texts.Length; i++)
        {
            var answer = await running[i];
            if (answer.Status != PredictionStatus.Ok)
                throw new InvalidOperationException("A text failed.", answer.Error);
            if (i % 8 != 0)
                continue;
            int length = ((TensorValue)texts[i]["ids"]).Length;
            var solo = plain.Run(new Dictionary<string, ModelValue>(texts[i]) { ["mask"] = TensorValue.Create([.. Enumerable.Repeat(1L, length)], 1, length) }, null, stop);
            foreach (var (name, value) in solo)
            {
                var expected = ((TensorValue)value).AsSpan<float>();
                var actual = ((TensorValue)answer.Outputs![name]).AsSpan<float>();
                for (int k = 0; k < expected.Length; k++)
                    worst = Math.Max(worst, Math.Abs(expected[k] - actual[k]));
            }
        }

        return worst;
    }

    private static long PadToLongest(OnnxModelRuntime plain, Dictionary<string, ModelValue>[] texts, string[] wanted, int start, int count, int batch)
    {
        long sum = 0;
        for (int from = start; from < start + count; from += batch)
        {
            int rows = Math.Min(batch, start + count - from);
            var parts = Enumerable.Range(from, rows).Select(i => ((TensorValue<long>)texts[i % texts.Length]["ids"]).Data).ToArray();
            int longest = parts.Max(part => part.Length);
            long[] ids = new long[rows * longest];
            long[] mask = new long[rows * longest];
            for (int row = 0; row < rows; row++)
            {
                parts[row].Span.CopyTo(ids.AsSpan(row * longest));
                mask.AsSpan(row * longest, parts[row].Length).Fill(1);
            }

            var answer = plain.Run(
                new Dictionary<string, ModelValue> { ["ids"] = TensorValue.Create(ids, rows, longest), ["mask"] = TensorValue.Create(mask, rows, longest) }, wanted);
            sum += (long)((TensorValue)answer["pooled"]).AsSpan<float>()[0];
        }

        return sum;
    }

    private static Dictionary<string, ModelValue> Text(Random random, int length) =>
        new() { ["ids"] = TensorValue.Create([.. Enumerable.Range(0, length).Select(_ => (long)random.Next(Vocabulary))], 1, length) };

    private static OnnxModelRuntime Load(byte[] onnx) => OnnxModelRuntime.Load(onnx, new OnnxRuntimeOptions(), "claim");

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

    private static long AskAlone(OnnxModelRuntime runtime, Dictionary<string, ModelValue>[] requests, string[] wanted, int start, int count)
    {
        float sum = 0;
        for (int i = start; i < start + count; i++)
            sum += ((TensorValue)runtime.Run(requests[i % requests.Length], wanted)["score"]).AsSpan<float>()[0];
        return (long)sum;
    }

    private static async Task<long> AskSharedAsync(TensorEngine engine, Dictionary<string, ModelValue>[] requests, string[] wanted, int start, int count)
    {
        float sum = 0;
        for (int i = start; i < start + count; i++)
        {
            var answer = await engine.RunAsync(requests[i % requests.Length], wanted, 0, default);
            sum += answer.Status == PredictionStatus.Ok
                ? ((TensorValue)answer.Outputs!["score"]).AsSpan<float>()[0]
                : throw new InvalidOperationException($"A request ended as {answer.Status}.", answer.Error);
        }

        return (long)sum;
    }
}
