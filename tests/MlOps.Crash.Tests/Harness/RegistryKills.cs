namespace MlOps.Crash.Tests;

/// <summary>Kills processes that work on the whole model store at random moments and checks after each what they left behind.</summary>
internal static class RegistryKills
{
    // A store grows with each process; a fresh one now and then keeps the checks fast and the first seconds of a store in the sample.
    private const int KillsPerStore = 25;
    private const int AtOnce = 2;

    public static async Task<KillReport> RunAsync(string directory, int kills, int seed, PlantedBug bug = PlantedBug.None, string mix = "uvkatrg", Action<string>? progress = null)
    {
        var report = new KillReport();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, (kills + KillsPerStore - 1) / KillsPerStore), new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
            async (number, _) =>
            {
                var store = Path.Combine(directory, $"store{number}");
                var (acknowledged, broken) = await KillStoreAsync(store, Math.Min(KillsPerStore, kills - (number * KillsPerStore)), new Random(seed + number), bug, mix, report);
                lock (report.Broken)
                {
                    report.With(acknowledged);
                    report.Broken.AddRange(broken.Select(promise => $"store {number}, {promise}"));
                    progress?.Invoke($"{report.Kills} kills, {report.Acknowledged:N0} acknowledged, {report.Broken.Count} broken");
                }

                Directory.Delete(store, recursive: true);
            });
        return report;
    }

    private static async Task<(Acknowledgements Acknowledged, List<string> Broken)> KillStoreAsync(
        string store, int kills, Random random, PlantedBug bug, string mix, KillReport report)
    {
        var acknowledged = new Acknowledgements();
        var broken = new List<string>();
        var verified = new HashSet<string>(StringComparer.Ordinal);
        for (var kill = 0; kill < kills; kill++)
        {
            if (await KillAsync(new WorkPlan { Directory = store, Generation = kill, Bug = bug, Mix = mix }, kill, random, acknowledged) is { Length: > 0 } errors)
                broken.Add($"kill {kill}: {errors}");
            lock (report.Broken)
                report.Kills++;
            broken.AddRange((await RegistryCheck.RunAsync(store, acknowledged, verified, opening: report.Opened)).Select(promise => $"after kill {kill}: {promise}"));
            // A planted bug needs to be caught once.
            if (bug != PlantedBug.None && broken.Count > 0)
                return (acknowledged, broken);
        }

        broken.AddRange((await RegistryCheck.SweepAsync(store, acknowledged)).Select(promise => "after the sweep: " + promise));
        return (acknowledged, broken);
    }

    /// <returns>What the child said on standard error.</returns>
    private static async Task<string> KillAsync(WorkPlan plan, int kill, Random random, Acknowledgements acknowledged)
    {
        using var child = new ChildProcess(plan.ToArguments());
        // Every fifth one dies while it is still starting, opening or repairing what the one before left.
        var quota = kill % 5 == 4 ? 0 : random.Next(1, 60);
        for (var i = 0; i < quota && await child.Output.ReadLineAsync() is { } line; i++)
            acknowledged.Add(line);
        await Task.Delay(random.Next(quota == 0 ? 250 : 15));
        child.Kill();
        while (await child.Output.ReadLineAsync() is { } line)
            acknowledged.Add(line);
        await child.ExitAsync();
        return await child.Errors;
    }
}
