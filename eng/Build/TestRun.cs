using System.Diagnostics;

namespace MlOps.Build;

/// <summary>Builds the solution once, runs the test projects, some side by side, and adds up their results.</summary>
internal sealed class TestRun(Repository repository, string? filter, string? onlyProject, int jobs)
{
    private const string Configuration = "Release";
    // A test that stands still for that long ends its project's run, and the output names it.
    private static readonly string[] HangGuard = ["--blame-hang-timeout", "3m", "--blame-hang-dump-type", "none"];
    private static readonly TimeSpan ProjectLimit = TimeSpan.FromMinutes(30);

    // The slowest first, so that no long one is left alone at the end.
    private static readonly string[] First = ["MlOps.Crash.Tests", "MlOps.Packaging.Tests", "MlOps.Sdk.Tests", "MlOps.Serving.Tests"];

    private readonly Lock _console = new();

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        string[] projects = Choose();
        string[] targets = onlyProject is null ? [repository.PathOf("MlOps.Sdk.sln")] : projects;
        foreach (string target in targets)
        {
            int code = await Tool.AttachedAsync(
                "dotnet", ["build", target, "-c", Configuration, "-v", "quiet", "--nologo", "-clp:Summary"], repository.Root, cancellationToken);
            if (code != 0)
                throw new BuildException($"The build failed with exit code {code}; no test was run.");
        }

        string results = Path.Combine(Path.GetTempPath(), $"mlops-test-{Environment.ProcessId}");
        Directory.CreateDirectory(results);
        var outcomes = new List<TestOutcome>();
        try
        {
            await Parallel.ForEachAsync(
                projects,
                new ParallelOptions { MaxDegreeOfParallelism = jobs, CancellationToken = cancellationToken },
                async (project, token) =>
                {
                    var outcome = await RunProjectAsync(project, results, token);
                    lock (_console)
                    {
                        outcomes.Add(outcome);
                        outcome.Print();
                    }
                });
        }
        finally
        {
            Npm.DeleteFolder(results);
        }

        return Conclude(outcomes);
    }

    private string[] Choose()
    {
        string[] all = [.. repository.Projects("tests").Where(path => path.EndsWith(".Tests.csproj", StringComparison.Ordinal))];
        string[] chosen = [.. all
            .Where(path => onlyProject is null || Path.GetFileNameWithoutExtension(path).Contains(onlyProject, StringComparison.OrdinalIgnoreCase))
            .OrderBy(path => Array.IndexOf(First, Path.GetFileNameWithoutExtension(path)) is var place and >= 0 ? place : int.MaxValue)];
        return chosen.Length > 0
            ? chosen
            : throw new BuildException($"No test project is called like '{onlyProject}'. There are: {string.Join(", ", all.Select(Path.GetFileNameWithoutExtension))}.");
    }

    private async Task<TestOutcome> RunProjectAsync(string project, string results, CancellationToken cancellationToken)
    {
        string name = Path.GetFileNameWithoutExtension(project);
        string folder = Path.GetDirectoryName(project)!;
        string assembly = Path.Combine(folder, "bin", Configuration, "net10.0", name + ".dll");
        string trx = Path.Combine(results, name + ".trx");
        string[] filtered = filter is null ? [] : ["--filter", filter];

        var clock = Stopwatch.StartNew();
        var result = await Tool.CapturedAsync(
            "dotnet",
            ["test", assembly, "--nologo", "--logger", $"trx;LogFileName={name}.trx", "--results-directory", results, .. filtered, .. HangGuard],
            folder,
            cancellationToken,
            ProjectLimit);
        return TestOutcome.Read(name, trx, result, clock.Elapsed);
    }

    private static int Conclude(List<TestOutcome> outcomes)
    {
        TestFailure[] failures = [.. outcomes.SelectMany(outcome => outcome.Failures)];
        if (failures.Length > 0)
        {
            Console.WriteLine();
            Console.WriteLine("Failed:");
            foreach (var failure in failures)
                Console.WriteLine($"  {failure.Test}: {failure.Message.Split('\n')[0].Trim()}");
        }

        int passed = outcomes.Sum(outcome => outcome.Passed);
        if (passed + failures.Length == 0)
            Console.Error.WriteLine("error: no test was run.");
        Console.WriteLine();
        Console.WriteLine($"{passed} passed, {failures.Length} failed, {outcomes.Sum(outcome => outcome.Skipped)} skipped");
        return failures.Length == 0 && passed > 0 ? 0 : 1;
    }
}
