namespace MlOps.Crash.Tests;

/// <summary>Cuts the power of a file system on which a process works on the whole model store, and checks what the next mount finds.</summary>
internal static class PowerCuts
{
    private const int AtOnce = 2;

    public static async Task<KillReport> RunAsync(
        string folder, string fileSystem, int cuts, int seed, PlantedBug bug = PlantedBug.None, string mix = "uvkatrg", Action<string>? progress = null)
    {
        var report = new KillReport();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, cuts), new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
            async (cut, _) =>
            {
                // A planted bug needs to be caught once.
                lock (report.Broken)
                {
                    if (bug != PlantedBug.None && report.Broken.Count > 0)
                        return;
                }

                var (acknowledged, broken) = await CutAsync(folder, fileSystem, new Random((seed * 1000) + cut), bug, mix, report.Opened);
                lock (report.Broken)
                {
                    report.Kills++;
                    report.With(acknowledged);
                    report.Broken.AddRange(broken.Select(promise => $"after cut {cut} on {fileSystem}: {promise}"));
                    if (report.Kills % 25 == 0)
                        progress?.Invoke($"{report.Kills} cuts on {fileSystem}, {report.Acknowledged:N0} acknowledged, {report.Broken.Count} broken");
                }
            });
        return report;
    }

    private static async Task<(Acknowledgements Acknowledged, List<string> Broken)> CutAsync(
        string folder, string fileSystem, Random random, PlantedBug bug, string mix, Action<TimeSpan> opening)
    {
        using var image = new LoopImage(folder, fileSystem);
        var store = Path.Combine(image.MountPoint, "store");
        var acknowledged = new Acknowledgements();
        using (var child = new ChildProcess(new WorkPlan { Directory = store, Bug = bug, Mix = mix, LargeBytes = 1_000_000 }.ToArguments()))
        {
            var quota = random.Next(1, 80);
            for (var i = 0; i < quota && await child.Output.ReadLineAsync() is { } line; i++)
                acknowledged.Add(line);
            await Task.Delay(random.Next(10));
            // What the child says from here on may have been lost with the power.
            image.CutPower();
            child.Kill();
            await child.ExitAsync();
        }

        image.Unmount();
        image.Mount();
        // Errors that the child met after the cut are not the store's.
        var broken = new List<string>();
        try
        {
            broken.AddRange(await RegistryCheck.RunAsync(store, acknowledged, opening: opening));
            broken.AddRange(await RegistryCheck.SweepAsync(store, acknowledged));
        }
        catch (MlOpsException refused)
        {
            broken.Add("the store does not open: " + refused.Message);
        }

        image.Unmount();
        return (acknowledged, broken);
    }
}
