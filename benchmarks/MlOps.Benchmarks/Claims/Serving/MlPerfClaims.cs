using System.Globalization;
using MlOps.Benchmarks.MlPerf;
using MlOps.Benchmarks.Models;

namespace MlOps.Benchmarks.Claims.Serving;

internal static class MlPerfClaims
{
    private static readonly TimeSpan Bound = TimeSpan.FromMilliseconds(15);

    public static IEnumerable<IClaim> All =>
    [
        new Claim(
            "serving.mlperf-server",
            "MLPerf-shaped server rate (Poisson arrivals, 99 % within 15 ms) over offline throughput, 7 MB MLP and boosted trees (the lower one)",
            "at least 0.85 x",
            MeasureAsync),
    ];

    private static async Task<ClaimResult> MeasureAsync(ClaimContext context, CancellationToken stop)
    {
        context.Report(Disturbance.Describe());
        var rows = new List<IReadOnlyList<string>>();
        double least = double.MaxValue;
        foreach (string name in new[] { "mlp-7mb", "trees" })
        {
            using var run = await MlPerfRun.OpenAsync(ModelCatalogue.Find(name)!, SuiteModels.Budget, TimeSpan.FromSeconds(2), Bound, stop);
            var offline = await run.RunAsync(LoadScenario.Offline, Bound, stop);
            var server = await run.RunAsync(LoadScenario.Server, Bound, stop);
            double ratio = server.Value / offline.Value;
            least = Math.Min(least, ratio);
            rows.Add([name, Text($"{offline.Value:N0}/s"), Text($"{server.Value:N0}/s"), Text($"{ratio:F2} x"), server.Note]);
            context.Report(Text($"{name}: server {server.Value:N0}/s of offline {offline.Value:N0}/s, {server.Note}"));
        }

        return ClaimResult.AtLeast(least, 0.85, Text($"{least:F2} x"), new ClaimDetail("MLPerf-shaped server scenario", ["model", "offline", "server", "ratio", "at that rate"], rows));
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
