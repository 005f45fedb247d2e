using System.Diagnostics;
using System.Globalization;
using MlOps.Benchmarks.Claims.Support;
using MlOps.Registry;
using MlOps.Serving;
using MlOps.Serving.Tests;

namespace MlOps.Benchmarks.Claims.Serving;

/// <summary>Two versions take turns while callers ask; each answer must be right for the version that it names, and that version live during the request.</summary>
internal static class SwapUnderLoad
{
    private const int Swaps = 1000;
    private const int Callers = 16;

    public static async Task<ClaimResult> MeasureAsync(ClaimContext context, CancellationToken stop)
    {
        await using var host = new ClaimHost(context.Folder, mlops => mlops.AddModel<float, float>("scale", bind => bind
            .Feature("a", input => input).Feature("b", input => input + 1).Decode(scores => scores[0])));
        var registry = host.Environment.Get<IModelRegistry>();
        var endpoint = host.Environment.Get<IEndpoints>()["scale"];
        var versions = new ModelVersionRef[2];
        for (int i = 0; i < versions.Length; i++)
        {
            var draft = await new ModelVersionBuilder(host.Environment.Context.Artifacts, "scale").WithOnnx(OnnxModels.Scale(i + 2, 2), ["a", "b"]).BuildAsync(stop);
            versions[i] = (await registry.RegisterAsync(draft, stop)).Ref;
        }

        await endpoint.SetTrafficAsync(TrafficPolicy.Single(versions[0]), "first", cancellationToken: stop);
        // Even: only versions[(n / 2) % 2] is live; odd: between the two.
        int phase = 0;
        bool done = false;
        var tallies = Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            float[] row = new float[2];
            float[] scores = new float[2];
            long asked = 0, failed = 0;
            for (int i = caller; !Volatile.Read(ref done); i++, asked++)
            {
                int before = Volatile.Read(ref phase);
                row[0] = i % 1000;
                row[1] = row[0] + 1;
                var result = await endpoint.TryPredictAsync(row, scores);
                int after = Volatile.Read(ref phase);
                int index = result.Version == versions[0] ? 0 : 1;
                bool live = before != after || before % 2 == 1 || index == before / 2 % 2;
                if (result.Status != PredictionStatus.Ok || scores[0] != row[0] * (index + 2) || !live)
                    failed++;
                if (i % 64 == 0)
                    await Task.Yield();
            }

            return (Asked: asked, Failed: failed);
        })).ToArray();

        double[] times = new double[Swaps];
        try
        {
            for (int swap = 1; swap <= Swaps; swap++)
            {
                long begin = Stopwatch.GetTimestamp();
                Interlocked.Increment(ref phase);
                await endpoint.SetTrafficAsync(TrafficPolicy.Single(versions[swap % 2]), "swap", cancellationToken: stop);
                Interlocked.Increment(ref phase);
                times[swap - 1] = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
                if (swap % 250 == 0)
                    context.Report($"{swap} swaps");
            }
        }
        finally
        {
            Volatile.Write(ref done, true);
        }

        var counts = await Task.WhenAll(tallies);
        long asked = counts.Sum(count => count.Asked), failed = counts.Sum(count => count.Failed);
        Array.Sort(times);
        var detail = new ClaimDetail(
            "Swaps under load",
            ["swaps", "requests answered meanwhile", "failed or wrong", "swap median", "swap p99"],
            [[$"{Swaps}", asked.ToString("N0", CultureInfo.InvariantCulture), $"{failed}", Milliseconds(times[Swaps / 2]), Milliseconds(times[Swaps * 99 / 100])]]);
        return ClaimResult.AtMost(failed, 0, string.Create(CultureInfo.InvariantCulture, $"{failed} of {asked:N0}"), detail);
    }

    private static string Milliseconds(double value) => string.Create(CultureInfo.InvariantCulture, $"{value:F1} ms");
}
