using System.Globalization;
using MlOps.Crash.Tests;

namespace MlOps.Benchmarks.Claims.Registry;

/// <summary>The harness of MlOps.Crash.Tests at full size.</summary>
internal static class CrashClaims
{
    public static IEnumerable<IClaim> All =>
    [
        new Claim(
            "registry.kills",
            "promises of the whole model store broken by 500 SIGKILLs during uploads, registrations, alias moves, tags, runs and collections; each reopened within 2 s",
            "0",
            KillAsync),
        new Claim(
            "registry.power-cuts-ext4",
            "promises of the whole model store broken by 200 power cuts of ext4 in a loop file (shutdown ioctl)",
            "0",
            (context, _) => CutAsync(context, "ext4")),
        new Claim(
            "registry.power-cuts-xfs",
            "promises of the whole model store broken by 200 power cuts of xfs in a loop file (shutdown ioctl)",
            "0",
            (context, _) => CutAsync(context, "xfs")),
        new Claim(
            "registry.crash-states",
            "promises broken in more than 2,000 states that a crash at any file call or commit may leave, enumerated by the file layer's double",
            "0",
            EnumerateAsync),
        new Claim(
            "registry.faults",
            "promises broken by fsync, fdatasync, pwrite64 and rename failing with EIO, ENOSPC and EDQUOT (strace) at three moments each",
            "0",
            FailAsync),
        new Claim(
            "registry.processes",
            "promises broken when 8 processes do 2,000 mixed operations each on one model: dense numbers, linearizable aliases, no lost update, no SQLITE_BUSY",
            "0",
            RaceAsync),
    ];

    private static async Task<ClaimResult> KillAsync(ClaimContext context, CancellationToken stop)
    {
        const int kills = 500;
        var report = await RegistryKills.RunAsync(context.Folder, kills, context.Seed, progress: context.Report);
        return Conclude(context, report, "SIGKILLs");
    }

    private static async Task<ClaimResult> CutAsync(ClaimContext context, string fileSystem)
    {
        const int cuts = 200;
        if (LoopImage.Missing(fileSystem) is { } missing)
            throw new InvalidOperationException($"No power cut on {fileSystem}: {missing}.");
        var report = await PowerCuts.RunAsync(context.Folder, fileSystem, cuts, context.Seed, progress: context.Report);
        return Conclude(context, report, "power cuts");
    }

    private static ClaimResult Conclude(ClaimContext context, KillReport report, string what)
    {
        foreach (string promise in report.Broken.Take(10))
            context.Report(promise);
        return ClaimResult.AtMost(
            report.Broken.Count, 0, Format($"{report.Broken.Count} of {report.Acknowledged:N0}"),
            new ClaimDetail(
                "What was killed", [what, "changes acknowledged", "blobs collected meanwhile", "longest reopening", "promises broken"],
                [[Format($"{report.Kills}"), Format($"{report.Acknowledged:N0}"), Format($"{report.Collected:N0}"), Format($"{report.LongestOpening.TotalMilliseconds:N0} ms"), Format($"{report.Broken.Count}")]]));
    }

    private static async Task<ClaimResult> EnumerateAsync(ClaimContext context, CancellationToken stop)
    {
        const int statesPerPoint = 18;
        var (points, states, broken) = await PostCrashStates.EnumerateAsync(context.Folder, statesPerPoint);
        foreach (string promise in broken.Take(10))
            context.Report(promise);
        return ClaimResult.AtMost(
            broken.Count, 0, Format($"{broken.Count} of {states:N0}"),
            new ClaimDetail("Crash points", ["calls and commits", "states opened", "promises broken"], [[Format($"{points}"), Format($"{states:N0}"), Format($"{broken.Count}")]]));
    }

    private static async Task<ClaimResult> FailAsync(ClaimContext context, CancellationToken stop)
    {
        if (InjectedFaults.Missing is { } missing)
            throw new InvalidOperationException($"No injected faults: {missing}.");
        var rows = new List<IReadOnlyList<string>>();
        int broken = 0;
        foreach (string call in new[] { "fsync", "fdatasync", "pwrite64", "rename" })
        {
            foreach (string error in new[] { "EIO", "ENOSPC", "EDQUOT" })
            {
                int acknowledged = 0, refused = 0, bad = 0;
                foreach (int when in new[] { 2, 7, 19 })
                {
                    var (told, promises) = await InjectedFaults.RunAsync(Path.Combine(context.Folder, $"{call}-{error}-{when}"), call, error, when);
                    foreach (string promise in promises.Take(3))
                        context.Report(promise);
                    (acknowledged, refused, bad) = (acknowledged + told.Count, refused + told.Errors.Count, bad + promises.Count);
                }

                broken += bad;
                rows.Add([call, error, Format($"{acknowledged}"), Format($"{refused}"), Format($"{bad}")]);
            }
        }

        return ClaimResult.AtMost(
            broken, 0, Format($"{broken} of {rows.Count * 3}"),
            new ClaimDetail("Failing system calls", ["call", "error", "changes acknowledged", "changes refused", "promises broken"], rows));
    }

    private static async Task<ClaimResult> RaceAsync(ClaimContext context, CancellationToken stop)
    {
        const int processes = 8, operations = 2_000;
        var race = await ProcessRace.RunAsync(context.Folder, processes, operations);
        foreach (string promise in race.Broken.Take(10))
            context.Report(promise);
        return ClaimResult.AtMost(
            race.Broken.Count, 0, Format($"{race.Broken.Count} of {race.Operations:N0}"),
            new ClaimDetail(
                "Eight processes", ["operations", "operations per second", "longest wait of the luckiest process", "longest wait of all", "promises broken"],
                [[
                    Format($"{race.Operations:N0}"), Format($"{race.Operations / race.Duration.TotalSeconds:N0}"), Format($"{race.LongestWait.Values.Min().TotalMilliseconds:N0} ms"),
                    Format($"{race.LongestWait.Values.Max().TotalMilliseconds:N0} ms"), Format($"{race.Broken.Count}"),
                ]]));
    }

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
