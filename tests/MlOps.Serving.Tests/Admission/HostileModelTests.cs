namespace MlOps.Serving.Tests.Admission;

public sealed class HostileModelTests
{
    [Fact]
    public async Task Scratch()
    {
        using var folder = new TemporaryDirectory();
        using var sieve = new HostileSieve(folder["."], new ModelAdmissionOptions());
        var lines = new List<string>();
        var all = HostileModels.All.ToList();
        foreach (var model in all)
        {
            var begin = System.Diagnostics.Stopwatch.GetTimestamp();
            var (end, why) = await sieve.DecideAsync(model.File);
            var ok = model.Fate switch { HostileFate.Walk => end == "walk", HostileFate.Refused => end is "walk" or "trial", _ => true };
            lines.Add($"{(ok ? "ok  " : "FAIL")} {model.Fate} {end} {System.Diagnostics.Stopwatch.GetElapsedTime(begin).TotalMilliseconds:F0}ms {model.Name}: {why}".ReplaceLineEndings(" "));
        }

        File.WriteAllLines("/tmp/adm/hostile.txt", [.. lines, $"{all.Count} files, {sieve.Children} children, longest {sieve.Longest}"]);
    }

    [Fact]
    public async Task Scratch2()
    {
        using var folder = new TemporaryDirectory();
        using var sieve = new HostileSieve(folder["."], new ModelAdmissionOptions());
        var counts = new Dictionary<string, int>();
        var lines = new List<string>();
        foreach (var seed in HostileModels.Seeds)
            lines.Add($"{seed.Name} {await sieve.DecideAsync(seed.File)}");
        var mutator = new HostileMutator(1);
        var begin = System.Diagnostics.Stopwatch.GetTimestamp();
        for (var i = 0; i < 5000; i++)
        {
            var file = mutator.Next();
            var (end, why) = await sieve.DecideAsync(file);
            if (end is "proven" or "passed")
                HostileSieve.LoadHere(file);
            if (why.Contains("died") || why.Contains("not done") || why.Contains("memory"))
            {
                lines.Add(why);
                File.WriteAllBytes($"/tmp/adm/mut-{i}.onnx", file);
            }
            var key = end + (why.Contains("loads, but") ? " no run" : "");
            counts[key] = counts.GetValueOrDefault(key) + 1;
        }

        File.WriteAllLines("/tmp/adm/mutants.txt", [.. lines, .. counts.Select(c => $"{c.Key} {c.Value}"), $"{sieve.Children} children, longest {sieve.Longest}, took {System.Diagnostics.Stopwatch.GetElapsedTime(begin)}"]);
    }
}
