using System.Diagnostics;
using System.Globalization;
using MlOps.Serving;
using MlOps.Serving.Tests;

namespace MlOps.Benchmarks.Claims.Serving;

/// <summary>Hostile model files: crafted by families, and mutated from sound ones. That this process lives to report is part of the claim.</summary>
internal static class HostileClaims
{
    private const int Mutants = 100_000;
    private const int WarmUp = 1000;
    private const double LongestSeconds = 2;
    private const double MostGrowth = 64 << 20;

    public static IEnumerable<IClaim> All =>
    [
        new Claim(
            "serving.hostile-crafted",
            "crafted model files (at least 300) that meet another fate than theirs, kill the host, are decided after more than 2 s, or grow the host by more than 64 MB",
            "0",
            CraftedAsync),
        new Claim(
            "serving.hostile-mutated",
            "mutated model files (100,000) that kill the host, are decided after more than 2 s, or grow the host by more than 64 MB; what passes is loaded and run in the host",
            "0",
            MutatedAsync),
    ];

    // Each file goes the whole way of a registered model: environment, digest, walk, and a child process of its own.
    private static async Task<ClaimResult> CraftedAsync(ClaimContext context, CancellationToken stop)
    {
        await using var stores = MlOps.Environments.EnvironmentStores.OpenEmbedded("sandbox", EnvironmentKind.Sandbox, context.Folder, TimeProvider.System, caller: new CallerAccessor());
        var admission = new ModelAdmission(stores.Context, new ModelAdmissionOptions());
        var models = new List<(string Name, HostileFate Fate, ArtifactRef Artifact)>();
        foreach (var model in HostileModels.All)
            models.Add((model.Name, model.Fate, await stores.Context.Artifacts.PutBytesAsync(model.File, "application/onnx", cancellationToken: stop)));
        foreach (var model in models.Take(WarmUp / 10))
            await DecideAsync(model.Artifact);
        var watch = new GrowthWatch();
        var (wrong, walked, refused, passed, late) = (0, 0, 0, 0, 0);
        var longest = TimeSpan.Zero;
        foreach (var (name, fate, artifact) in models)
        {
            stop.ThrowIfCancellationRequested();
            var begin = Stopwatch.GetTimestamp();
            var (end, why) = await DecideAsync(artifact);
            var elapsed = Stopwatch.GetElapsedTime(begin);
            watch.Sample();
            longest = elapsed > longest ? elapsed : longest;
            if (elapsed.TotalSeconds > LongestSeconds)
            {
                late++;
                context.Report(string.Create(CultureInfo.InvariantCulture, $"{name} took {elapsed.TotalSeconds:F2} s: {end}, {why}"));
            }

            (walked, refused, passed) = end switch { "walk" => (walked + 1, refused, passed), "trial" => (walked, refused + 1, passed), _ => (walked, refused, passed + 1) };
            if (fate switch { HostileFate.Walk => end != "walk", HostileFate.Refused => end == "passed" && name != "an attribute of another type", _ => false })
            {
                wrong++;
                context.Report($"{name}: {end}, {why}");
            }
        }

        return Judge(wrong + late, watch, longest, [
            ["files", models.Count.ToString(CultureInfo.InvariantCulture)], ["refused by the walk", $"{walked}"], ["refused by the trial in a child process", $"{refused}"],
            ["passed (harmless, by design of the family)", $"{passed}"], ["other fate than theirs", $"{wrong}"], ["decided after more than 2 s", $"{late}"],
        ], "Crafted model files, each by admission of an environment with a child process of its own");

        async Task<(string End, string Why)> DecideAsync(ArtifactRef artifact)
        {
            try
            {
                await admission.AdmitAsync(await stores.Context.Artifacts.GetLocalPathAsync(artifact.ParsedDigest, stop), artifact, null, stop);
                return ("passed", "");
            }
            catch (InvalidInputException e)
            {
                return (e.Message.StartsWith("Its trial", StringComparison.Ordinal) ? "trial" : "walk", e.Message);
            }
        }
    }

    private static async Task<ClaimResult> MutatedAsync(ClaimContext context, CancellationToken stop)
    {
        using var sieve = new HostileSieve(context.Folder, new ModelAdmissionOptions());
        var mutator = new HostileMutator(context.Seed);
        var warmUp = new HostileMutator(context.Seed + 1);
        foreach (var file in HostileModels.Seeds.Select(seed => seed.File).Concat(Enumerable.Range(0, WarmUp).Select(_ => warmUp.Next())))
        {
            if ((await sieve.DecideAsync(file)).End is "proven" or "passed")
                HostileSieve.LoadHere(file);
        }

        var watch = new GrowthWatch();
        var ends = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var late = 0;
        for (var i = 0; i < Mutants; i++)
        {
            stop.ThrowIfCancellationRequested();
            var file = mutator.Next();
            var (end, why) = await sieve.DecideAsync(file);
            if (sieve.Longest.TotalSeconds > LongestSeconds)
            {
                late++;
                context.Report($"mutant {i} took {sieve.Longest}: {end}, {why}");
                sieve.Longest = TimeSpan.Zero;
            }

            if (end is "proven" or "passed")
                end += HostileSieve.LoadHere(file) ? ", loaded in the host" : ", refused by ONNX Runtime in the host";
            else if (why.Contains("died", StringComparison.Ordinal))
                end = "trial: the child died";
            ends[end] = ends.GetValueOrDefault(end) + 1;
            if (i % 100 == 0)
                watch.Sample();
            if (i % 20_000 == 0)
                context.Report($"{i} of {Mutants}");
        }

        return Judge(late, watch, sieve.Longest, [
            ["files", Mutants.ToString(CultureInfo.InvariantCulture)], .. ends.Select(end => (string[])[end.Key, $"{end.Value}"]), ["child processes", $"{sieve.Children}"], ["decided after more than 2 s", $"{late}"],
        ], "Mutated model files");
    }

    private static ClaimResult Judge(int bad, GrowthWatch watch, TimeSpan longest, IReadOnlyList<string[]> rows, string title)
    {
        var grown = watch.Growth > MostGrowth;
        return ClaimResult.AtMost(
            bad + (grown ? 1 : 0), 0,
            string.Create(CultureInfo.InvariantCulture, $"{bad + (grown ? 1 : 0)} (longest {longest.TotalSeconds:F2} s, growth {watch.Growth / 1048576.0:F0} MB)"),
            new ClaimDetail(title, ["", ""],
            [
                .. rows, ["host deaths", "0"], ["longest decision", string.Create(CultureInfo.InvariantCulture, $"{longest.TotalSeconds:F2} s")],
                ["largest growth of the host", string.Create(CultureInfo.InvariantCulture, $"{watch.Growth / 1048576.0:F0} MB")],
            ]));
    }

    /// <summary>How much more memory the process holds at most than when the watch was made.</summary>
    private sealed class GrowthWatch
    {
        private readonly long _before;

        public GrowthWatch()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            GC.Collect();
            _before = Environment.WorkingSet;
        }

        public long Growth { get; private set; }

        public void Sample() => Growth = Math.Max(Growth, Environment.WorkingSet - _before);
    }
}
