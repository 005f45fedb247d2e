using MlOps.Testing;

namespace MlOps.Crash.Tests;

/// <summary>
/// Tells <see cref="StoreStory"/> once for each of its file calls and commits, lets the process die there, opens states that a power cut may
/// leave, and checks each.
/// </summary>
internal static class PostCrashStates
{
    /// <returns>How many crash points and states there were, and every broken promise.</returns>
    public static async Task<(int Points, int States, List<string> Broken)> EnumerateAsync(
        string directory, int statesPerPoint, Action<FaultyFileSystem>? plant = null, PlantedBug bug = PlantedBug.None, int stride = 1, int first = 1)
    {
        var (points, states) = (0, 0);
        var broken = new List<string>();
        for (var point = first; ; point += stride)
        {
            var files = new FaultyFileSystem { CrashAt = point };
            plant?.Invoke(files);
            var at = Directory.CreateDirectory(Path.Combine(directory, $"point{point}")).FullName;
            var story = new StoreStory(at, files, bug);
            var died = false;
            try
            {
                await story.TellAsync();
            }
            catch (SimulatedCrashException)
            {
                died = true;
            }

            points++;
            for (var state = 0; state < statesPerPoint; state++, states++)
            {
                var promises = await CheckAsync(story, files.Crash(new Random((point * 1000) + state)));
                broken.AddRange(promises.Select(promise => $"call {point}, state {state}: {promise}"));
            }

            Directory.Delete(at, recursive: true);
            // A bug that was planted needs no second proof.
            if (!died || (broken.Count > 0 && (plant is not null || bug != PlantedBug.None)))
                return (points, states, broken);
        }
    }

    private static async Task<List<string>> CheckAsync(StoreStory story, FaultyFileSystem after)
    {
        var broken = new List<string>();
        foreach (var (directory, name, acknowledged) in new[] { (story.Source, "sandbox", story.Acknowledged), (story.Target, "staging", story.Copied) })
        {
            // The row that names the environment is in the database already: without its stamp the directory could be taken by another one.
            if (acknowledged.Count > 0 && !after.FileExists(Path.Combine(directory, "environment.json")))
                broken.Add($"the stamp of {name} is lost");
            // The copy's target is not there before its turn.
            if (directory == story.Target && !Directory.Exists(directory))
                continue;
            try
            {
                broken.AddRange(await RegistryCheck.RunAsync(directory, acknowledged, files: after, name: name));
            }
            catch (MlOpsException refused)
            {
                broken.Add($"{name} does not open: {refused.Message}");
                continue;
            }

            var left = after.ListFiles(Path.Combine(directory, "artifacts", "temporary")).Concat(after.ListFiles(Path.Combine(directory, "artifacts", "condemned"))).ToList();
            if (left.Count > 0)
                broken.Add($"{left.Count} orphans stay, the first is {left[0]}");
        }

        return broken;
    }
}
