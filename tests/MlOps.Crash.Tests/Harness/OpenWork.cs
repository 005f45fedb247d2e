using MlOps.Registry;

namespace MlOps.Crash.Tests;

/// <summary>Opens a store that an earlier version wrote, once the test says so, and says what it found.</summary>
internal static class OpenWork
{
    public static async Task RunAsync(string environment, string directory)
    {
        Console.WriteLine("ready");
        var start = Path.Combine(directory, "..", "start");
        using var pause = new ManualResetEventSlim();
        while (!File.Exists(start))
            pause.Wait(1);
        await using var host = RegistryHost.Open(directory, environment);
        var runs = await host.Experiments.ListRunsAsync("training");
        await host.Models.SetTagsAsync(new ModelVersionRef("eta", 1), new Dictionary<string, string?> { [$"process-{Environment.ProcessId}"] = "was here" });
        Console.WriteLine($"{(await host.Models.ListAsync("churn")).Count} versions, {runs.Count} runs");
    }
}
