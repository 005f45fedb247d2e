using System.Globalization;

namespace MlOps.Crash.Tests;

/// <summary>Kills writing processes at random moments and checks after each what they left behind.</summary>
internal static class StoreKills
{
    /// <returns>How many writes were acknowledged, and every broken promise.</returns>
    public static async Task<(int Acknowledged, List<string> Broken)> RunAsync(string directory, int kills, int seed)
    {
        var random = new Random(seed);
        var acknowledged = new Dictionary<long, string>();
        var broken = new List<string>();
        for (var kill = 0; kill < kills; kill++)
        {
            using var child = new ChildProcess("store", directory);
            // Every third one dies while it is still opening.
            var quota = kill % 3 == 2 ? 0 : random.Next(1, 40);
            for (var i = 0; i < quota && await child.Output.ReadLineAsync() is { } line; i++)
                Acknowledge(acknowledged, line);
            await Task.Delay(random.Next(quota == 0 ? 150 : 15));
            child.Kill();
            while (await child.Output.ReadLineAsync() is { } line)
                Acknowledge(acknowledged, line);
            await child.ExitAsync();
            if (await child.Errors is { Length: > 0 } errors)
                broken.Add($"kill {kill}: {errors}");
            broken.AddRange((await StoreWork.CheckAsync(directory, acknowledged)).Select(promise => $"after kill {kill}: {promise}"));
        }

        return (acknowledged.Count, broken);
    }

    public static void Acknowledge(Dictionary<long, string> acknowledged, string line)
    {
        // The last line may be cut off by the kill; it is complete when the digest is.
        var parts = line.Split(' ');
        if (parts.Length == 2 && ArtifactDigest.TryParse(parts[1], out _))
            acknowledged.Add(long.Parse(parts[0], CultureInfo.InvariantCulture), parts[1]);
    }
}
