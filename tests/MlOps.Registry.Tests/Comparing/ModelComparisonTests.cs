using System.Diagnostics;
using MlOps.Reporting;
using MlOps.Testing;

namespace MlOps.Registry.Tests;

public sealed class ModelComparisonTests : IAsyncDisposable
{
    private readonly TestEnvironment _environment = new();

    public ValueTask DisposeAsync() => _environment.DisposeAsync();

    [Fact]
    public async Task Compare_TwoVersions_ListsWhatDiffersByTopic()
    {
        var environment = new EnvironmentHandle(_environment.Context);
        var snapshot = new DependencySnapshot
        {
            Packages = [new("A", "1.0", "package", null), new("B", "1.0", "package", null)], Runtime = ".NET 10.0.1", RuntimeIdentifier = "linux-x64",
            OperatingSystem = "Linux", Processor = "one", ProcessorCount = 2, MemoryBytes = 1000,
        };
        var first = await RegisterAsync(environment, "0.1", new string('a', 40), "rows", snapshot, "3");
        var second = await RegisterAsync(environment, "0.2", new string('b', 40), "other rows", snapshot with
        {
            Packages = [new("A", "1.1", "package", null), new("C", "2.0", "package", null)], Accelerators = ["NVIDIA H100"],
        }, "4");
        var comparison = await ModelComparison.ReadAsync(environment, first, second);

        comparison.HyperParameters.Should().Equal(new ValueDifference<string?>("l2", "0.1", "0.2"));
        comparison.RunParameters.Should().Equal(new ValueDifference<string?>("depth", "3", "4"));
        comparison.Code.Should().Equal(new ValueDifference<string?>("commit", new string('a', 40), new string('b', 40)));
        comparison.Data.Should().ContainSingle().Which.Name.Should().Be("training/frame");
        comparison.Dependencies.Select(difference => (difference.Name, difference.Baseline, difference.Candidate)).Should().Equal(("A", "1.0", "1.1"), ("B", "1.0", null), ("C", null, "2.0"));
        comparison.Platform.Should().Equal(new ValueDifference<string?>("accelerators", null, "NVIDIA H100"));
        comparison.Metrics.Should().Equal(new ValueDifference<double?>("auc", 0.1, 0.2));
        comparison.ArtifactDifferences.Should().Contain(artifact => artifact.Name == "predict" && artifact.IsSame);
        comparison.ArtifactDifferences.Should().Contain(artifact => artifact.Name == "generation" && !artifact.IsSame);
        comparison.Size.Baseline.Should().BePositive();
        comparison.Compatibility.IsCompatible.Should().BeTrue();
        var same = await ModelComparison.ReadAsync(environment, first, first);
        same.ArtifactDifferences.Should().OnlyContain(artifact => artifact.IsSame);
        (same.Code.Count + same.Data.Count + same.Dependencies.Count + same.RunParameters.Count).Should().Be(0);

        var html = new HtmlReport("Report").Section("Compared", section => section.Comparison(comparison)).ToHtml();
        html.Should().ContainAll("churn:1", "churn:2", "Packages that differ", "NVIDIA H100", "Functions/predict", "can call it");
    }

    [Fact]
    public async Task Compare_ArtifactsOfTheUsersOwnFormat_FallsBackToDigests()
    {
        var environment = new EnvironmentHandle(_environment.Context);
        var versions = new List<ModelVersionRef>();
        foreach (var content in (string[])["[1]", "no json"])
        {
            versions.Add((await environment.Models.RegisterAsync(new ModelVersionDraft
            {
                Model = "churn", Signature = Drafts.Signature,
                Artifacts = [new(ModelArtifactKind.GenerationCode, "generation", await Drafts.StoreAsync(_environment.Context, content)), new(ModelArtifactKind.Dependencies, "dependencies", await Drafts.StoreAsync(_environment.Context, content))],
            })).Ref);
        }

        var comparison = await ModelComparison.ReadAsync(environment, versions[0], versions[1]);
        comparison.Code.Should().BeEmpty();
        comparison.ArtifactDifferences.Should().OnlyContain(artifact => !artifact.IsSame);
    }

    [Fact]
    public async Task Source_OfADirtyWorkingTree_IsKeptAndCompared()
    {
        using var directory = new TemporaryDirectory();
        (await SourceRevision.CaptureAsync(directory.Path)).Should().BeNull("there is no repository");
        Git(directory.Path, "init", "-q");
        File.WriteAllText(directory["train.cs"], "one\n");
        Git(directory.Path, "add", ".");
        Git(directory.Path, "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-q", "-m", "one");
        var clean = await SourceRevision.CaptureAsync(directory.Path);
        (clean!.IsDirty, clean.Untracked).Should().Be((false, 0));
        File.WriteAllText(directory["train.cs"], "two\n");
        File.WriteAllText(directory["new.cs"], "three\n");
        var dirty = await SourceRevision.CaptureAsync(directory.Path);
        (dirty!.IsDirty, dirty.Untracked, dirty.Commit).Should().Be((true, 1, clean.Commit));
        System.Text.Encoding.UTF8.GetString(dirty.Diff.Span).Should().Contain("-one").And.Contain("+two");

        var environment = new EnvironmentHandle(_environment.Context);
        var first = await environment.Models.RegisterAsync(await Drafts.Full(_environment.Context).WithSource(clean).BuildAsync());
        var second = await environment.Models.RegisterAsync(await Drafts.Full(_environment.Context).WithSource(dirty).BuildAsync());
        second.Find(ModelArtifactKind.GenerationCode, SourceState.DiffArtifact)!.Content.Size.Should().Be(dirty.Diff.Length);
        var comparison = await ModelComparison.ReadAsync(environment, first.Ref, second.Ref);
        comparison.Code.Select(difference => difference.Name).Should().Equal("diff", "dirty", "untracked");
    }

    private async Task<ModelVersionRef> RegisterAsync(IMlOpsEnvironment environment, string l2, string commit, string rows, DependencySnapshot snapshot, string depth)
    {
        string runId;
        await using (var run = await environment.Experiments.StartRunAsync("training"))
        {
            run.LogParameter("depth", depth);
            runId = run.Id;
        }

        var draft = await new ModelVersionBuilder(_environment.Context.Artifacts, "churn").WithOnnx(OnnxBytes.Linear(), ["a", "b", "c"]).WithRun(runId)
            .WithGeneration(new GenerationRecord { HyperParameters = new Dictionary<string, string> { ["l2"] = l2, ["seed"] = "1" }, Commit = commit })
            .WithData(new DataReference("frame", "training", ArtifactDigest.Of(System.Text.Encoding.UTF8.GetBytes(rows)).ToString(), 10))
            .WithDependencies(snapshot).WithMetrics(new Dictionary<string, double> { ["auc"] = double.Parse(l2, System.Globalization.CultureInfo.InvariantCulture) }).BuildAsync();
        return (await environment.Models.RegisterAsync(draft)).Ref;
    }

    private static void Git(string directory, params string[] arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", arguments) { WorkingDirectory = directory, RedirectStandardOutput = true, RedirectStandardError = true })!;
        git.WaitForExit();
        git.ExitCode.Should().Be(0, git.StandardError.ReadToEnd());
    }
}
