using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using MlOps.Benchmarks.Claims.Support;
using MlOps.Registry;
using MlOps.Serving;
using MlOps.Serving.Tests;

namespace MlOps.Benchmarks.Claims.Serving;

/// <summary>
/// Eight versions take turns while requests arrive by a Poisson process at 80 % of what the endpoint can do (one batch at a time, so that
/// the second core is there for loading). Steady stretches alternate with stretches of swaps. Latency counts from the moment a request
/// was due. Every tenth request is one in tensors of several rows.
/// </summary>
internal static class SwapUnderLoad
{
    private const int Swaps = 1000;
    private const int Stretches = 10;
    private const int Versions = 8;
    private const int Width = 64;
    private const int Inputs = 64;
    private const int TensorRows = 4;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(40);

    public static async Task<ClaimResult> MeasureAsync(ClaimContext context, CancellationToken stop)
    {
        await using var host = new ClaimHost(context.Folder, mlops => mlops.Services.PostConfigure(
            "sandbox", (ServingOptions options) => options.Batching = options.Batching with { Parallelism = 1, QueueLimit = 1 << 16 }));
        var endpoint = host.Environment.Endpoints["mlp"];
        var traffic = await Traffic.CreateAsync(host, endpoint, stop);
        await endpoint.SetTrafficAsync(TrafficPolicy.Single(traffic.Versions[0]), "first", cancellationToken: stop);
        double capacity = await traffic.MeasureCapacityAsync(stop);
        double rate = 0.8 * capacity;
        context.Report(string.Create(CultureInfo.InvariantCulture, $"capacity {capacity:F0} requests/s"));
        // Their own memory is there from the beginning, so that it does not count as growth.
        var (steady, swapping, times, memory) = (new List<float>(1 << 24), new List<float>(1 << 24), new List<double>(Swaps), new List<(double Swap, double Bytes)>());
        await traffic.RunAsync(rate, Task.Delay(1000, stop), []);
        int swap = 0;
        int handles = 0;
        for (int stretch = 0; stretch < Stretches; stretch++)
        {
            long begin = Stopwatch.GetTimestamp();
            await traffic.RunAsync(rate, SwapAsync(), swapping);
            await traffic.RunAsync(rate, Task.Delay(Stopwatch.GetElapsedTime(begin), stop), steady);
            memory.Add((swap, GC.GetTotalMemory(forceFullCollection: true) + (NativeHeap.InUse() ?? 0)));
            if (stretch == 1)
                handles = Process.GetCurrentProcess().HandleCount;
            context.Report($"{swap} swaps");
        }

        int more = Process.GetCurrentProcess().HandleCount - handles;
        float[] calm = Sorted(steady), busy = Sorted(swapping);
        double ratio = At(busy, 0.999) / At(calm, 0.999);
        // The first stretches fill pools and caches.
        double slope = Slope(memory.Skip(2).ToList());
        double growth = slope * Swaps / memory[^1].Bytes;
        double[] swapTimes = [.. times.Order()];
        bool held = traffic.Failed == 0 && traffic.Refused == 0 && ratio <= 1.5 && growth <= 0.02 && more < 20;
        return new ClaimResult(
            ratio, Text($"{traffic.Failed} wrong, {traffic.Refused} refused of {steady.Count + swapping.Count:N0}, p99.9 {ratio:F2} x, memory {growth:+0.0%;-0.0%} per 1,000 swaps"), held,
            new ClaimDetail(
                "1,000 swaps at 80 % load",
                ["stretches", "requests", "p50", "p99", "p99.9", "longest"],
                [Row("steady", calm), Row("swapping", busy)]),
            new ClaimDetail(
                "The swaps",
                ["figure", "value"],
                [
                    ["requests failed, wrong, mixed or of a version that was not live meanwhile", $"{traffic.Failed}"],
                    ["requests refused because the queue was full", $"{traffic.Refused}"],
                    ["a swap: load, verify, warm up, make durable, switch", Text($"median {swapTimes[Swaps / 2]:F1} ms, p99 {swapTimes[Swaps * 99 / 100]:F1} ms")],
                    ["memory (collected heap and native heap in use) by the number of swaps", Text($"{slope:F0} bytes per swap of {memory[^1].Bytes / 1e6:F1} MB")],
                    ["handles opened over the last 800 swaps", $"{more}"],
                ]));

        async Task SwapAsync()
        {
            for (int i = 0; i < Swaps / Stretches; i++)
            {
                long start = Stopwatch.GetTimestamp();
                traffic.Begun = swap + 1;
                await endpoint.SetTrafficAsync(TrafficPolicy.Single(traffic.Versions[(swap + 1) % Versions]), "swap", cancellationToken: stop);
                traffic.Ended = ++swap;
                times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                await Task.Delay(Pause, stop);
            }
        }
    }

    private static string[] Row(string name, float[] sorted) =>
        [name, sorted.Length.ToString("N0", CultureInfo.InvariantCulture), Time(At(sorted, 0.5)), Time(At(sorted, 0.99)), Time(At(sorted, 0.999)), Time(sorted[^1])];

    private static float At(float[] sorted, double quantile) => sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * quantile))];

    private static float[] Sorted(List<float> values)
    {
        float[] sorted = [.. values];
        Array.Sort(sorted);
        return sorted;
    }

    private static string Time(float milliseconds) => Text($"{milliseconds:F2} ms");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static double Slope(List<(double X, double Y)> points)
    {
        double x = points.Average(point => point.X), y = points.Average(point => point.Y);
        return points.Sum(point => (point.X - x) * (point.Y - y)) / points.Sum(point => (point.X - x) * (point.X - x));
    }

    private sealed class Traffic(IEndpoint endpoint, ModelVersionRef[] versions, float[][] rows, float[][] expected)
    {
        private readonly Random _random = new(5);
        private int _begun;
        private int _ended;
        private long _failed;
        private long _refused;

        public ModelVersionRef[] Versions => versions;

        /// <summary>Swaps begun; the version of swap n may answer from then on.</summary>
        public int Begun { set => Volatile.Write(ref _begun, value); }

        /// <summary>Swaps that have ended; versions of former ones may not answer requests that begin from then on.</summary>
        public int Ended { set => Volatile.Write(ref _ended, value); }

        public long Failed => Interlocked.Read(ref _failed);

        /// <summary>Requests refused for want of capacity, which 80 % load should leave none of.</summary>
        public long Refused => Interlocked.Read(ref _refused);

        public static async Task<Traffic> CreateAsync(ClaimHost host, IEndpoint endpoint, CancellationToken stop)
        {
            string[] names = [.. Enumerable.Range(0, Width).Select(i => $"f{i}")];
            float[][] rows = [.. Enumerable.Range(0, Inputs).Select(i => OnnxModels.Values(new Random(i), Width))];
            var versions = new ModelVersionRef[SwapUnderLoad.Versions];
            float[][] expected = new float[SwapUnderLoad.Versions][];
            for (int i = 0; i < versions.Length; i++)
            {
                byte[] onnx = OnnxModels.Mlp(i + 1, Width, 256, 256, 1);
                var draft = await new ModelVersionBuilder(host.Environment.Context.Artifacts, "mlp").WithOnnx(onnx, names).BuildAsync(stop);
                versions[i] = (await host.Environment.Get<IModelRegistry>().RegisterAsync(draft, stop)).Ref;
                using var raw = new RawModel(onnx, Width);
                expected[i] = [.. rows.Select(row => raw.Predict(row))];
            }

            return new Traffic(endpoint, versions, rows, expected);
        }

        public async Task<double> MeasureCapacityAsync(CancellationToken stop)
        {
            long count = 0;
            var begin = Stopwatch.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, 16).Select(caller => Task.Run(async () =>
            {
                for (int i = caller; Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(2); i++)
                {
                    // As requests of the open loop come: each from the thread pool.
                    await Task.Yield();
                    await AskAsync(i, Stopwatch.GetTimestamp(), null);
                    Interlocked.Increment(ref count);
                }
            }, stop)));
            return count / Stopwatch.GetElapsedTime(begin).TotalSeconds;
        }

        /// <summary>Sends requests when they are due until the task ends, and waits for the last answer.</summary>
        public async Task RunAsync(double rate, Task until, List<float> latencies)
        {
            int open = 1;
            var done = new TaskCompletionSource();
            var sender = new Thread(() =>
            {
                double due = Stopwatch.GetTimestamp();
                for (int i = 0; !until.IsCompleted; i++)
                {
                    due += -Math.Log(1 - _random.NextDouble()) / rate * Stopwatch.Frequency;
                    // Asleep until something is due: a thread that spins would take the core that loading needs.
                    while (Stopwatch.GetTimestamp() < due)
                        Thread.Sleep(1);

                    (int number, long at) = (i, (long)due);
                    Interlocked.Increment(ref open);
                    ThreadPool.UnsafeQueueUserWorkItem(
                        async _ =>
                        {
                            await AskAsync(number, at, latencies);
                            if (Interlocked.Decrement(ref open) == 0)
                                done.TrySetResult();
                        }, null);
                }

                if (Interlocked.Decrement(ref open) == 0)
                    done.TrySetResult();
            });
            sender.Start();
            await until;
            await done.Task;
            sender.Join();
        }

        private async Task AskAsync(int number, long due, List<float>? latencies)
        {
            int ended = Volatile.Read(ref _ended);
            bool right;
            bool refused = false;
            try
            {
                right = number % 10 == 9 ? await AskTensorAsync(number, ended) : await AskRowAsync(number, ended);
            }
            catch (OverloadedException)
            {
                (right, refused) = (false, true);
            }
            catch (MlOpsException)
            {
                right = false;
            }

            float latency = (float)((Stopwatch.GetTimestamp() - due) * 1000.0 / Stopwatch.Frequency);
            if (refused)
                Interlocked.Increment(ref _refused);
            else if (!right)
                Interlocked.Increment(ref _failed);
            if (latencies is null)
                return;
            lock (latencies)
                latencies.Add(latency);
        }

        private async ValueTask<bool> AskRowAsync(int number, int ended)
        {
            float[] scores = new float[1];
            var result = await endpoint.TryPredictAsync(rows[number % Inputs], scores);
            if (result.Status == PredictionStatus.Overloaded)
                result.ThrowIfNotOk();
            return result.Status == PredictionStatus.Ok && IsRight(result.Version, scores, number, ended);
        }

        private async ValueTask<bool> AskTensorAsync(int number, int ended)
        {
            float[] input = new float[TensorRows * Width];
            for (int row = 0; row < TensorRows; row++)
                rows[(number + row) % Inputs].CopyTo(input, row * Width);
            var answer = await endpoint.PredictAsync(new Dictionary<string, ModelValue> { ["input"] = TensorValue.Create(input, TensorRows, Width) });
            return IsRight(answer.Version, answer["output"].AsSpan<float>(), number, ended);
        }

        // Right for the version that it names, in every row, and that version live at some moment of the request.
        private bool IsRight(ModelVersionRef version, ReadOnlySpan<float> scores, int number, int ended)
        {
            int index = Array.IndexOf(versions, version);
            for (int row = 0; row < scores.Length; row++)
            {
                if (index < 0 || Math.Abs(scores[row] - expected[index][(number + row) % Inputs]) > 1e-4)
                    return false;
            }

            int begun = Volatile.Read(ref _begun);
            for (int swap = ended; swap <= begun; swap++)
            {
                if (swap % SwapUnderLoad.Versions == index)
                    return true;
            }

            return false;
        }
    }
}
