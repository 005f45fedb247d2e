using System.Globalization;
using MlOps.Registry.Tests;

namespace MlOps.Benchmarks.Claims.Registry;

/// <summary>Garbage collection beside writers, by the checker of MlOps.Registry.Tests at full size.</summary>
internal static class CollectionClaims
{
    private const int Graphs = 5_000;

    public static IEnumerable<IClaim> All =>
    [
        new Claim(
            "registry.gc",
            $"promises broken over {Graphs:N0} random graphs with writers and collections interleaved at every file call and transaction: nothing reachable removed, all else removed, the dry run exact",
            "0",
            CheckAsync),
    ];

    private static async Task<ClaimResult> CheckAsync(ClaimContext context, CancellationToken stop)
    {
        await using var check = new CollectionCheck();
        for (int graph = 0; graph < Graphs; graph++)
        {
            stop.ThrowIfCancellationRequested();
            await check.CheckAsync(unchecked((context.Seed * 100_003) + graph));
            if (graph % 1_000 == 999)
                context.Report(Format($"{graph + 1:N0} graphs, {check.Broken.Count} promises broken"));
        }

        foreach (string promise in check.Broken.Take(10))
            context.Report(promise);
        int missed = 0;
        foreach (var bug in Enum.GetValues<PlantedBug>().Where(bug => bug != PlantedBug.None))
        {
            await using var planted = new CollectionCheck();
            for (int graph = 0; graph < 2_000 && planted.Broken.Count == 0; graph++)
                await planted.CheckAsync(unchecked((context.Seed * 100_003) + graph), bug);
            if (planted.Broken.Count > 0)
                continue;
            missed++;
            context.Report($"The planted bug {bug} was not found.");
        }

        return ClaimResult.AtMost(
            check.Broken.Count + missed, 0, Format($"{check.Broken.Count + missed} of {Graphs:N0} graphs"),
            new ClaimDetail(
                "What happened",
                ["graphs", "changes acknowledged", "refused, since collected", "blobs collected beside writers", "in quiet", "changes of actor", "promises broken", "planted bugs missed"],
                [[Format($"{Graphs:N0}"), Format($"{check.Acknowledged:N0}"), Format($"{check.Refused:N0}"), Format($"{check.CollectedBesideWriters:N0}"), Format($"{check.Collected:N0}"), Format($"{check.Switches:N0}"), Format($"{check.Broken.Count}"), Format($"{missed}")]]));
    }

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
