namespace MlOps.Crash.Tests;

/// <summary>Kills processes that work on the whole model store at random moments and checks after each what they left behind.</summary>
internal static class RegistryKills
{
    // A store grows with each process; a fresh one now and then keeps the checks fast and the first seconds of a store in the sample.
    private const int KillsPerStore = 25;

    public static async Task<KillReport> RunAsync(string directory, int kills, int seed, PlantedBug bug = PlantedBug.None, string mix = "uvkatrg", Action<string>? progress = null)
    {
        var random = new Random(seed);
        var report = new KillReport();
        for (var first = 0; first < kills; first += KillsPerStore)
        {
            var store = Path.Combine(directory, $"store{first}");
            var acknowledged = new Acknowledgements();
            var verified = new HashSet<string>(StringComparer.Ordinal);
            for (var kill = first; kill < Math.Min(kills, first + KillsPerStore); kill++)
            {
                await KillAsync(new WorkPlan { Directory = store, Generation = kill, Bug = bug, Mix = mix }, kill, random, acknowledged, report);
                var broken = await RegistryCheck.RunAsync(store, acknowledged, verified, opening: report.Opened);
                report.Broken.AddRange(broken.Select(promise => $"after kill {kill}: {promise}"));
                if (bug != PlantedBug.None && report.Broken.Count > 0)
                    return report.With(acknowledged);
            }

            report.Broken.AddRange((await RegistryCheck.SweepAsync(store, acknowledged)).Select(promise => $"after the sweep of {first}: {promise}"));
            report.With(acknowledged);
            Directory.Delete(store, recursive: true);
            progress?.Invoke($"{Math.Min(kills, first + KillsPerStore)} kills, {report.Acknowledged:N0} acknowledged, {report.Broken.Count} broken");
        }

        return report;
    }

    private static async Task KillAsync(WorkPlan plan, int kill, Random random, Acknowledgements acknowledged, KillReport report)
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
        if (await child.Errors is { Length: > 0 } errors)
            report.Broken.Add($"kill {kill}: {errors}");
        report.Kills++;
    }
}
