using MlOps.Benchmarks.Claims.Support;
using MlOps.Benchmarks.Measuring;

namespace MlOps.Benchmarks.Claims.Serving;

internal static class ServingClaims
{
    private const string Bound = "bound ONNX Runtime call";

    public static IEnumerable<IClaim> All =>
    [
        new Claim(
            "serving.predict-overhead",
            "CPU of one typed prediction, batching on, over a bare ONNX Runtime call with prebuilt binding (MLP 32-64-64-1, single caller, fresh rows)",
            "at most 1.10 x",
            (context, stop) => OverheadAsync(context, ServedMlp.Small, 1.10, 300, stop)),
        new Claim(
            "serving.predict-overhead-large",
            "the same on an MLP of 7.4 MB",
            "at most 1.02 x",
            (context, stop) => OverheadAsync(context, ServedMlp.Large, 1.02, 120, stop)),
        new Claim(
            "serving.allocations", "managed bytes per typed prediction over 1,000,000 predictions of a single caller", "0 B", AllocationsAsync),
        new Claim(
            "serving.batching-gain",
            "CPU per request of a bare bound call each over that of the endpoint, 256 asynchronous callers (MLP 32-64-64-1, fresh rows)",
            "at least 9 x",
            BatchingGain.MeasureAsync),
        new Claim(
            "serving.swap",
            "1,000 swaps of the served version at 80 % load, open loop: p99.9 while swapping over steady; 0 requests failed or answered by a version not live meanwhile; no growth of memory or handles",
            "at most 1.5 x, 0 wrong",
            SwapUnderLoad.MeasureAsync),
    ];

    private static async Task<ClaimResult> OverheadAsync(ClaimContext context, int[] sizes, double bound, int rounds, CancellationToken stop)
    {
        await using var served = await ServedMlp.StartAsync(context.Folder, sizes, cancellationToken: stop);
        using var raw = new RawModel(served.Onnx, served.Width);
        var result = Paired.Measure(
            new PairedOptions { Rounds = rounds, BurstTime = TimeSpan.FromMilliseconds(6), WarmUp = TimeSpan.FromSeconds(1) },
            (Bound, (start, count) => served.Raw(raw, start, count)),
            ("typed predictor", served.Predict),
            ("endpoint", served.Ask));
        double ratio = result.CpuRatio("typed predictor", Bound);
        string title = $"One prediction, single caller, MLP {string.Join('-', sizes)}";
        return ClaimResult.AtMost(ratio, bound, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{ratio:F3} x"), result.ToDetail(title, Bound));
    }

    private static async Task<ClaimResult> AllocationsAsync(ClaimContext context, CancellationToken stop)
    {
        const int calls = 1_000_000;
        await using var served = await ServedMlp.StartAsync(context.Folder, ServedMlp.Small, cancellationToken: stop);
        served.Predict(0, 20_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        served.Predict(0, calls);
        long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        return ClaimResult.AtMost(
            bytes / (double)calls, 0, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{bytes / (double)calls:F3} B"));
    }
}
