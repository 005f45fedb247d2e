using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using MlOps.Benchmarks.Claims.Support;
using MlOps.Registry;
using MlOps.Serving;
using MlOps.Serving.Tests;

namespace MlOps.Benchmarks.Claims.Serving;

/// <summary>A thousand small networks of very different size in a quarter of the memory that they take together.</summary>
internal static class ManyModels
{
    private const int Models = 1000;
    private const int Requests = 50_000;
    private const int WarmUp = 20_000;
    private const int Callers = 64;
    private const int Width = 16;

    public static async Task<ClaimResult> MeasureAsync(ClaimContext context, CancellationToken stop)
    {
        var random = new Random(context.Seed);
        var time = System.Diagnostics.Stopwatch.StartNew();
        var versions = new ModelVersionRef[Models];
        var inputs = new Dictionary<string, ModelValue> { ["input"] = TensorValue.Create(OnnxModels.Values(random, Width), 1, Width) };
        long total;
        await using (var host = Host(context, null))
        {
            var registry = host.Environment.Get<IModelRegistry>();
            for (int i = 0; i < Models; i++)
            {
                // 10 KB to 1 MB of weights, as often between 10 and 100 KB as between 100 KB and 1 MB.
                int hidden = (int)Math.Sqrt(10_000 * Math.Pow(100, random.NextDouble()) / sizeof(float));
                var draft = await new ModelVersionBuilder(host.Environment.Context.Artifacts, $"mlp{i}").WithOnnx(OnnxModels.Mlp(i, Width, hidden, hidden, 1), []).BuildAsync(stop);
                versions[i] = (await registry.RegisterAsync(draft, stop)).Ref;
            }

            context.Report($"registered after {time.Elapsed.TotalSeconds:F0} s");
            var models = host.Environment.ServedModels;
            foreach (var version in versions)
                await models.PredictAsync(version, inputs, cancellationToken: stop);
            total = models.List().Sum(status => status.MemoryBytes);
            context.Report(string.Create(CultureInfo.InvariantCulture, $"after {time.Elapsed.TotalSeconds:F0} s: all models take {total / 1e6:F0} MB, {models.List().Average(status => status.LoadTime.TotalMilliseconds):F2} ms each to load"));
        }

        long budget = total / 4;
        await using var bounded = Host(context, budget);
        var served = bounded.Environment.ServedModels;
        var pool = bounded.Environment.Get<EndpointSet>().Pool;
        using var peak = new MemoryPeak();
        GC.Collect();
        NativeHeap.Trim();
        peak.Restart();
        long anonymous = peak.Anonymous;
        long heap = NativeHeap.InUse() ?? 0;
        int[] trace = OfflineOptimum.Zipf(Models, Requests, 1.0, random);
        int next = -1;
        long loadsBefore = 0, failed = 0, overBudget = 0;
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            int i;
            while ((i = Interlocked.Increment(ref next)) < Requests)
            {
                if (i == WarmUp)
                    Interlocked.Exchange(ref loadsBefore, pool.Loads);
                var answer = await served.PredictAsync(versions[trace[i]], inputs, cancellationToken: stop);
                if (answer.Version != versions[trace[i]])
                    Interlocked.Increment(ref failed);
                if (pool.UsedBytes > budget * 1.01)
                    Interlocked.Increment(ref overBudget);
                if (i % 20_000 == 0)
                    context.Report($"{i} requests, {pool.Loads} loads after {time.Elapsed.TotalSeconds:F0} s");
            }
        })));

        double hits = 1 - ((pool.Loads - loadsBefore) / (double)(Requests - WarmUp));
        var statuses = served.List().ToDictionary(status => status.Version);
        long native = (NativeHeap.InUse() ?? 0) - heap;
        long used = pool.UsedBytes;
        long[] sizes = [.. versions.Select(version => statuses.TryGetValue(version, out var status) && status.MemoryBytes > 0 ? status.MemoryBytes : pool.SizeOf(version))];
        double belady = OfflineOptimum.Belady(sizes, trace, budget, WarmUp);
        double bound = OfflineOptimum.UpperBound(sizes, trace, budget, WarmUp);

        // Models that nobody holds, each asked for by 64 callers at once.
        int cold = 0;
        long extra = 0;
        foreach (var version in versions.Where(version => served.List().First(status => status.Version == version).State != ServedModelState.Ready).Take(100))
        {
            long before = pool.Loads;
            await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () => await served.PredictAsync(version, inputs, cancellationToken: stop))));
            extra += pool.Loads - before - 1;
            cold++;
        }

        double ratio = hits / belady;
        bool held = ratio >= 0.95 && pool.PeakBytes <= budget * 1.01 && failed == 0 && extra == 0;
        return new ClaimResult(ratio, Text($"{ratio:F3} x"), held, new ClaimDetail(
            "1,000 models in a quarter of their memory, 64 callers",
            ["figure", "value"],
            [
                ["memory of all models (measured)", Text($"{total / 1e6:F0} MB")],
                ["budget", Text($"{budget / 1e6:F1} MB")],
                ["most that models counted for", Text($"{pool.PeakBytes / 1e6:F1} MB ({pool.PeakBytes / (double)budget:P2} of the budget)")],
                ["native heap at the end over the start, and what the models counted for then", Text($"{native / 1e6:F1} MB, {used / 1e6:F1} MB")],
                ["most resident anonymous memory over the start (garbage-collected heap included)", Text($"{(peak.Anonymous - anonymous) / 1e6:F0} MB")],
                ["hit rate", Text($"{hits:P2}")],
                ["Belady with sizes (feasible, knows the future)", Text($"{belady:P2}, ours {hits / belady:F3} of it")],
                ["upper bound of every policy (PFOO-L)", Text($"{bound:P2}, ours {hits / bound:F3} of it")],
                ["loads beyond one per model asked for by 64 callers at once", Text($"{extra} in {cold} models")],
                ["wrong answers; requests that saw the budget exceeded by 1 %", $"{failed}; {overBudget}"],
            ]));
    }

    private static ClaimHost Host(ClaimContext context, long? budget) => new(
        context.Folder,
        mlops => mlops.Services.PostConfigure<ServingOptions>("sandbox", options => options.Memory = options.Memory with { BudgetBytes = budget }));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
