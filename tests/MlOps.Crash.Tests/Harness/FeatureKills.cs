namespace MlOps.Crash.Tests;

/// <summary>Kills processes that stream, ingest, merge, materialise and derive at random moments and checks after each what they left behind.</summary>
internal static class FeatureKills
{
    private const int KillsPerStore = 25;

    /// <returns>The kills, what was acknowledged, and every broken promise.</returns>
    public static async Task<(int Kills, int Acknowledged, List<string> Broken)> RunAsync(
        string directory, int kills, int seed, PlantedBug bug = PlantedBug.None, Action<string>? progress = null)
    {
        var random = new Random(seed);
        var broken = new List<string>();
        var acknowledgedTotal = 0;
        var done = 0;
        while (done < kills && (bug == PlantedBug.None || broken.Count == 0))
        {
            var store = Path.Combine(directory, $"features{done}");
            var acknowledged = new FeatureAcknowledgements();
            for (var kill = 0; kill < KillsPerStore && done < kills; kill++)
            {
                if (await KillAsync(new FeaturePlan(store, bug), kill, random, acknowledged) is { Length: > 0 } errors)
                    broken.Add($"kill {done}: {errors}");
                done++;
                broken.AddRange((await FeatureCheck.RunAsync(store, acknowledged)).Select(promise => $"after kill {done}: {promise}"));
                // A planted bug needs to be caught once.
                if (bug != PlantedBug.None && broken.Count > 0)
                    break;
            }

            acknowledgedTotal += acknowledged.Count;
            progress?.Invoke($"{done} kills, {acknowledgedTotal:N0} acknowledged, {broken.Count} broken");
            Directory.Delete(store, recursive: true);
        }

        return (done, acknowledgedTotal, broken);
    }

    private static async Task<string> KillAsync(FeaturePlan plan, int kill, Random random, FeatureAcknowledgements acknowledged)
    {
        using var child = new ChildProcess(plan.ToArguments());
        // Every fifth one dies while it is still starting, opening or catching up.
        var quota = kill % 5 == 4 ? 0 : random.Next(1, 150);
        for (var i = 0; i < quota && await child.Output.ReadLineAsync() is { } line; i++)
            acknowledged.Add(line);
        await Task.Delay(random.Next(quota == 0 ? 600 : 25));
        child.Kill();
        while (await child.Output.ReadLineAsync() is { } line)
            acknowledged.Add(line);
        await child.ExitAsync();
        return await child.Errors;
    }
}
