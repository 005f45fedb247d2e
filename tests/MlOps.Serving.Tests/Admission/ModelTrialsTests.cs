using Microsoft.Extensions.DependencyInjection;
using MlOps.Registry;

namespace MlOps.Serving.Tests.Admission;

public sealed class ModelTrialsTests
{
    private static readonly byte[] Bomb = HostileModels.Find("Expand by a product");
    private static readonly byte[] Killer = HostileModels.Find("a forest as a chain of 100,000");
    private static readonly byte[] Unproven = HostileModels.Seeds.Single(seed => seed.Name == "if").File;

    [Fact]
    public async Task Admit_UnprovenModel_IsTriedOncePerEnvironmentAndSetting()
    {
        await using var environment = new TestEnvironment();
        var started = 0;
        var (artifact, path) = await StoreAsync(environment, Unproven);
        ModelTrials New(ModelAdmissionOptions? options = null) => new(environment.Context, options ?? new())
        {
            FindCommand = directory =>
            {
                started++;
                return (TrialCommand.Find(directory, out var why), why);
            },
        };
        var trials = New();
        await trials.RequireAsync(path, artifact, null, default);
        await trials.RequireAsync(path, artifact, null, default);
        await environment.ReopenAsync();
        await New().RequireAsync(path, artifact, null, default);
        started.Should().Be(1);

        var trial = (await New().ListAsync()).Should().ContainSingle().Subject;
        trial.Should().BeEquivalentTo(new { artifact.Digest, Passed = true, Runtime = "1.29.0", Message = "", TriedAt = environment.Clock.GetUtcNow() });
        trial.PeakBytes.Should().BeGreaterThan(10_000_000);

        await New(new ModelAdmissionOptions { TrialMemoryBytes = 2L << 30 }).RequireAsync(path, artifact, null, default);
        started.Should().Be(2, "other limits are another question");
        (await New().ListAsync(refusedOnly: true)).Should().BeEmpty();
    }

    [Fact]
    public async Task Admit_ModelsThatExhaustOrKillAProcess_AreRefusedThenAndFromThenOn()
    {
        await using var environment = new TestEnvironment();
        var started = 0;
        var admission = new ModelTrials(environment.Context, new())
        {
            FindCommand = directory =>
            {
                started++;
                return (TrialCommand.Find(directory, out var why), why);
            },
        };
        var (bomb, bombPath) = await StoreAsync(environment, Bomb);
        var (killer, killerPath) = await StoreAsync(environment, Killer);
        for (var attempt = 0; attempt < 3; attempt++)
        {
            await FluentActions.Awaiting(() => admission.RequireAsync(bombPath, bomb, null, default).AsTask()).Should().ThrowAsync<InvalidInputException>()
                .WithMessage("*trial in a child process*needs more memory*stays refused until IModelTrials.ClearAsync(\"sha256:*TrialMemoryBytes*");
            await FluentActions.Awaiting(() => admission.RequireAsync(killerPath, killer, null, default).AsTask()).Should().ThrowAsync<InvalidInputException>()
                .WithMessage("*trial in a child process*the process that tried it died (signal *");
        }

        started.Should().Be(2, "what was refused is in quarantine");
        (await admission.ListAsync(refusedOnly: true)).Select(trial => trial.Digest).Should().Equal(killer.Digest, bomb.Digest);

        (await admission.ClearAsync(bomb.Digest, "limits were wrong")).Should().BeTrue();
        (await admission.ClearAsync(bomb.Digest, "again")).Should().BeFalse();
        await FluentActions.Awaiting(() => admission.RequireAsync(bombPath, bomb, null, default).AsTask()).Should().ThrowAsync<InvalidInputException>();
        started.Should().Be(3, "what was cleared is tried again");
    }

    [Fact]
    public async Task Admit_WithoutChildProcesses_DoesAsTheOptionSays()
    {
        await using var environment = new TestEnvironment();
        var (artifact, path) = await StoreAsync(environment, Unproven);
        ModelTrials With(ModelTrial mode) => new(environment.Context, new ModelAdmissionOptions { Trial = mode }) { FindCommand = _ => (null, "there is no 'dotnet'") };
        await FluentActions.Awaiting(() => With(ModelTrial.Required).RequireAsync(path, artifact, null, default).AsTask()).Should().ThrowAsync<InvalidInputException>()
            .WithMessage("*could not be tried*there is no 'dotnet'*ModelAdmissionOptions.Trial*");
        var possible = With(ModelTrial.WhenPossible);
        await possible.RequireAsync(path, artifact, null, default);
        possible.Remark(artifact.Digest).Should().Be(" It was not tried in a child process first: there is no 'dotnet'.");
        var off = With(ModelTrial.Off);
        await off.RequireAsync(path, artifact, null, default);
        off.Remark(artifact.Digest).Should().BeEmpty();
        (await off.ListAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task Admit_FileThatChangesMeanwhileOrExampleThatDoesNotFit_IsSaid()
    {
        await using var environment = new TestEnvironment();
        var trials = new ModelTrials(environment.Context, new());
        var (artifact, path) = await StoreAsync(environment, Unproven);
        var other = Path.Combine(environment.Directory, "other.onnx");
        await File.WriteAllBytesAsync(other, Bomb);
        await FluentActions.Awaiting(() => trials.RequireAsync(other, artifact, null, default).AsTask()).Should().ThrowAsync<InvalidInputException>().WithMessage("*changed while it was tried*");
        await trials.ClearAsync(artifact.Digest, "");

        var example = Path.Combine(environment.Directory, "example.json");
        await File.WriteAllTextAsync(example, """{ "Input": [[1, 2, 3], [1, 2]], "Output": [[1], [1]] }""");
        await trials.RequireAsync(path, artifact, example, default);
        trials.Remark(artifact.Digest).Should().Be(" Of its trial: its example was not run: row 2 has 2 features.");
    }

    [Fact]
    public async Task Trials_WithoutPermission_AreDenied()
    {
        await using var environment = new TestEnvironment();
        var trials = new ModelTrials(Denying(environment.Context), new());
        await FluentActions.Awaiting(() => trials.ListAsync().AsTask()).Should().ThrowAsync<AccessDeniedException>();
        await FluentActions.Awaiting(() => trials.ClearAsync("sha256:00", "").AsTask()).Should().ThrowAsync<AccessDeniedException>();
    }

    [Fact]
    public async Task Verify_HostileVersion_SaysWhyAndLeavesTheEndpointAlone()
    {
        await using var serving = new ServingFixture();
        var good = await serving.RegisterAsync(OnnxModels.Scale(2, 3), ["a", "b", "c"]);
        await serving.Endpoints["flight-delay"].SetTrafficAsync(TrafficPolicy.Single(good), "first");
        var bomb = await serving.RegisterAsync(Bomb, ["a", "b", "c"]);
        var check = await serving.Deployer.VerifyAsync(bomb);
        check.Passed.Should().BeFalse();
        check.Message.Should().Contain("is refused").And.Contain("needs more memory than a trial may have");
        await FluentActions.Awaiting(() => serving.Endpoints["flight-delay"].SetTrafficAsync(TrafficPolicy.Single(bomb), "second").AsTask()).Should().ThrowAsync<InvalidDefinitionException>();
        (await serving.Endpoints["flight-delay"].GetTrafficAsync())!.Shares.Should().ContainSingle(share => share.Version == good);

        var unproven = await serving.RegisterAsync(Unproven, ["a", "b", "c"], example: new { input = new[] { new[] { 1f, 2f, 3f } }, output = new[] { new[] { -1f, -2f, -3f } } });
        (await serving.Deployer.VerifyAsync(unproven)).Should().Match<DeploymentCheck>(passed => passed.Passed && passed.Message == "Loaded, ran and reproduced its stored example of 1 rows.");
        (await serving.Services.GetRequiredKeyedService<IModelTrials>("sandbox").ListAsync()).Should().HaveCount(2);
    }

    [Fact]
    public async Task Verify_WithoutATrial_SaysSo()
    {
        await using var serving = new ServingFixture((services, name) => services.Configure<ServingOptions>(name, options => options.Admission = new ModelAdmissionOptions { Trial = ModelTrial.WhenPossible, TrialMemoryBytes = long.MinValue / 2 }));
        var version = await serving.RegisterAsync(Unproven, ["a", "b", "c"]);
        var check = await serving.Deployer.VerifyAsync(version);
        check.Passed.Should().BeTrue();
        check.Message.Should().Contain("not tried in a child process first");
    }

    private static async Task<(ArtifactRef Artifact, string Path)> StoreAsync(TestEnvironment environment, byte[] model)
    {
        var artifact = await environment.Context.Artifacts.PutBytesAsync(model, ModelArtifactNames.OnnxMediaType);
        return (artifact, await environment.Context.Artifacts.GetLocalPathAsync(artifact.ParsedDigest));
    }

    private static EnvironmentContext Denying(EnvironmentContext context) => new()
    {
        Name = context.Name, Kind = context.Kind, Directory = context.Directory, Files = context.Files, Metadata = context.Metadata, Artifacts = context.Artifacts,
        Events = context.Events, Audit = context.Audit, Caller = context.Caller, Access = AccessControl.ByRoles(context.Name, new EnvironmentAccess { Process = [] }, context.Caller),
    };
}
