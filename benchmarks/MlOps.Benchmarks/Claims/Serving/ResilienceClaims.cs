using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using MlOps.Benchmarks.Claims.Support;
using MlOps.Benchmarks.Measuring;
using MlOps.Registry;
using MlOps.Serving;
using MlOps.Serving.Tests;

namespace MlOps.Benchmarks.Claims.Serving;

internal static class ResilienceClaims
{
    private const string Model = "score";
    private const int Requests = 200_000;
    private const int Callers = 64;

    public static IEnumerable<IClaim> All =>
    [
        new Claim(
            "serving.fallback",
            "share of 200,000 requests answered rightly by 64 callers while the primary throws at one run in five, hangs at one in 2,000, and then fails throughout (chain: the previous version, no default answer)",
            "at least 99.9 %",
            FallbackAsync),
        new Claim(
            "serving.circuit",
            "requests sent to a version that fails throughout before its circuit opens, one caller",
            "at most 20",
            CircuitAsync),
        new Claim(
            "serving.trial-overhead",
            "CPU of an answer under an A/B policy with exposures of 50,000 keys over the same without policy, single caller (MLP 32-64-64-1)",
            "at most 1.25 x",
            TrialAsync),
    ];

    private static async Task<ClaimResult> FallbackAsync(ClaimContext context, CancellationToken stop)
    {
        await using var world = await World.StartAsync(
            context.Folder, new ResilienceOptions { Timeout = TimeSpan.FromMilliseconds(100), Circuit = new CircuitOptions { Pause = TimeSpan.FromSeconds(0.5) }, Fallbacks = [Fallback.ToPrevious()] }, stop);
        using var never = new ManualResetEventSlim();
        world.Models[world.Fresh].FailsNow = () =>
        {
            int dice = Random.Shared.Next(2000);
            if (dice == 0)
                never.Wait(TimeSpan.FromMilliseconds(400), CancellationToken.None);
            return dice < 400;
        };
        var random = await AskAsync(world, Requests / 2, stop);
        context.Report($"random faults: {random.Right} of {Requests / 2} right");
        world.Models[world.Fresh].Fails = true;
        var broken = await AskAsync(world, Requests / 2, stop);
        double share = (random.Right + broken.Right) / (double)Requests;
        var detail = new ClaimDetail(
            "Fall-back while the primary fails",
            ["primary", "requests", "answered rightly", "by the fall-back", "wrong answers", "p99"],
            [Row("throws at 20 %, hangs at 0.05 %", random), Row("fails throughout", broken)]);
        return ClaimResult.AtLeast(
            random.Wrong + broken.Wrong > 0 ? 0 : share, 0.999, string.Create(CultureInfo.InvariantCulture, $"{share:P3}"), detail);
    }

    private static string[] Row(string name, Tally tally) =>
    [
        name, (Requests / 2).ToString("N0", CultureInfo.InvariantCulture), tally.Right.ToString("N0", CultureInfo.InvariantCulture),
        tally.Fallback.ToString("N0", CultureInfo.InvariantCulture), tally.Wrong.ToString("N0", CultureInfo.InvariantCulture),
        string.Create(CultureInfo.InvariantCulture, $"{tally.P99.TotalMilliseconds:F2} ms"),
    ];

    private static async Task<Tally> AskAsync(World world, int requests, CancellationToken stop)
    {
        long right = 0, fallback = 0, wrong = 0;
        var times = new TimeSpan[requests];
        int next = -1;
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(
            async () =>
            {
                float[] row = new float[2];
                float[] scores = new float[1];
                for (int i; (i = Interlocked.Increment(ref next)) < requests;)
                {
                    row[0] = i % 1000;
                    long begin = Stopwatch.GetTimestamp();
                    var result = await world.Endpoint.TryPredictAsync(row, scores, default, stop);
                    times[i] = Stopwatch.GetElapsedTime(begin);
                    if (result.Status != PredictionStatus.Ok)
                        continue;
                    bool isFallback = result.Origin.Source == AnswerSource.Fallback;
                    if (scores[0] != row[0] * (isFallback ? 2 : 3) || result.Version != (isFallback ? world.Old : world.Fresh))
                        Interlocked.Increment(ref wrong);
                    else
                        Interlocked.Increment(ref right);
                    if (isFallback)
                        Interlocked.Increment(ref fallback);
                }
            },
            stop)));
        Array.Sort(times);
        return new Tally(right, fallback, wrong, times[requests * 99 / 100]);
    }

    private static async Task<ClaimResult> CircuitAsync(ClaimContext context, CancellationToken stop)
    {
        await using var world = await World.StartAsync(context.Folder, new ResilienceOptions { Circuit = new CircuitOptions(), Fallbacks = [Fallback.ToPrevious()] }, stop);
        world.Models[world.Fresh].Fails = true;
        float[] scores = new float[1];
        int sent = 0;
        for (int i = 0; i < 1000; i++)
        {
            var result = await world.Endpoint.TryPredictAsync(new float[] { i, 0 }, scores, default, stop);
            if (result.Origin.Reason == "failed")
                sent++;
        }

        return ClaimResult.AtMost(sent, 20, string.Create(CultureInfo.InvariantCulture, $"{sent}"));
    }

    private static async Task<ClaimResult> TrialAsync(ClaimContext context, CancellationToken stop)
    {
        await using var plain = await ServedMlp.StartAsync(Path.Combine(context.Folder, "plain"), ServedMlp.Small, cancellationToken: stop);
        await using var tried = await ServedMlp.StartAsync(Path.Combine(context.Folder, "tried"), ServedMlp.Small, cancellationToken: stop);
        string[] names = [.. Enumerable.Range(0, tried.Width).Select(i => $"f{i}")];
        var second = await tried.RegisterAsync(OnnxModels.Mlp(2, ServedMlp.Small), names, stop);
        var first = (await tried.Endpoint.GetTrafficAsync(stop))!.Shares[0].Version;
        await tried.Endpoint.SetTrafficAsync(TrafficPolicy.Split(new TrafficShare(first, 0.5, "a"), new TrafficShare(second, 0.5, "b")), "claim", cancellationToken: stop);
        string[] keys = [.. Enumerable.Range(0, 50_000).Select(i => $"customer-{i}")];
        Ask(tried, keys, 0, keys.Length);
        var result = Paired.Measure(
            new PairedOptions { Rounds = 200, BurstTime = TimeSpan.FromMilliseconds(6), WarmUp = TimeSpan.FromSeconds(1) },
            ("single", (start, count) => Ask(plain, keys, start, count)),
            ("A/B with exposures", (start, count) => Ask(tried, keys, start, count)));
        double ratio = result.CpuRatio("A/B with exposures", "single");
        return ClaimResult.AtMost(ratio, 1.25, string.Create(CultureInfo.InvariantCulture, $"{ratio:F3} x"), result.ToDetail("A keyed prediction, single caller, MLP 32-64-64-1", "single"));
    }

    private static long Ask(ServedMlp served, string[] keys, int start, int count)
    {
        var endpoint = served.Endpoint;
        float[] scores = new float[1];
        for (int i = start; i < start + count; i++)
        {
            var task = endpoint.TryPredictAsync(served.Features(i), scores, new PredictionContext { Key = keys[i % keys.Length] });
            if (!task.IsCompletedSuccessfully || task.Result.Status != PredictionStatus.Ok)
                throw new InvalidOperationException("A single caller's answer was not there at once.");
        }

        return count;
    }

    private readonly record struct Tally(long Right, long Fallback, long Wrong, TimeSpan P99);

    private sealed class World(ClaimHost host, ScriptedModels models) : IAsyncDisposable
    {
        public ScriptedModels Models => models;

        public IEndpoint Endpoint => host.Environment.Get<IEndpoints>()[Model];

        public ModelVersionRef Old { get; private set; }

        public ModelVersionRef Fresh { get; private set; }

        public static async Task<World> StartAsync(string folder, ResilienceOptions resilience, CancellationToken stop)
        {
            ClaimHost? host = null;
            var models = new ScriptedModels(() => host!.Environment.Context.Artifacts);
            host = new ClaimHost(folder, mlops => mlops.ForEachEnvironment((services, name) =>
            {
                services.AddKeyedSingleton<IModelRuntimeProvider>(name, models);
                services.PostConfigure<ServingOptions>(name, options => options.Policies.ResilienceByEndpoint[Model] = resilience);
            }));
            var world = new World(host, models);
            world.Old = await world.RegisterAsync("2", stop);
            world.Fresh = await world.RegisterAsync("3", stop);
            await world.Endpoint.SetTrafficAsync(TrafficPolicy.Single(world.Old), "first", cancellationToken: stop);
            await world.Endpoint.SetTrafficAsync(TrafficPolicy.Single(world.Fresh), "second", cancellationToken: stop);
            await world.Endpoint.WarmUpAsync(stop);
            return world;
        }

        public ValueTask DisposeAsync() => host.DisposeAsync();

        private async Task<ModelVersionRef> RegisterAsync(string scale, CancellationToken stop)
        {
            var content = await host.Environment.Context.Artifacts.PutBytesAsync(Encoding.UTF8.GetBytes(scale), ScriptedModels.MediaType, stop);
            var draft = new ModelVersionDraft
            {
                Model = Model, Artifacts = [new(ModelArtifactKind.Functions, ModelArtifactNames.Predict, content)], Signature = new ModelSignature([], [], ["a", "b"]),
            };
            return (await host.Environment.Get<IModelRegistry>().RegisterAsync(draft, stop)).Ref;
        }
    }
}
