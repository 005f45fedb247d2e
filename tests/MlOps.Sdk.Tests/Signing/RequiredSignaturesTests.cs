using System.Security.Cryptography;
using System.Text.Json;
using MlOps.Orchestration;
using MlOps.Registry;
using MlOps.Serving;
using MlOps.Testing;

namespace MlOps.Hosting;

/// <summary>Signatures that an environment requires: configured, asked for at promotion and at load, and told in words.</summary>
public sealed class RequiredSignaturesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ModelSigner _release = ModelSigner.FromKey(ECDsa.Create(ECCurve.NamedCurves.nistP256));
    private readonly ModelSigner _stranger = ModelSigner.FromKey(ECDsa.Create(ECCurve.NamedCurves.nistP384));

    public void Dispose()
    {
        _release.Dispose();
        _stranger.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Promotion_WithoutTheRequiredSignature_IsRefusedBeforeAnythingMoves()
    {
        await using var host = await StartAsync();
        var (staging, production) = (host["staging"], host["production"]);
        var version = await staging.Models.RegisterAsync(await SyntheticModel.DraftAsync(staging));

        var refused = await RefusedAsync(staging, version.Ref);
        refused.Gate.Should().Be("signatures");
        refused.Measured.Should().Contain("missing key 'release'");
        refused.Message.Should().Contain("carries no signatures at all");
        (await production.Models.ListModelsAsync()).Should().BeEmpty();

        await staging.Signatures.SignAsync(version.Ref, _stranger);
        (await RefusedAsync(staging, version.Ref)).Message.Should().ContainAll(_stranger.Fingerprint, "not trusted here", "key 'release'");
        (await production.Models.ListModelsAsync()).Should().BeEmpty();

        await staging.Signatures.SignAsync(version.Ref, _release);
        var record = await staging.PromoteAsync(version.Ref, "production");
        record.State.Should().Be(PromotionState.Completed);
        record.Gates.Where(gate => gate.Gate == "signatures").Should().HaveCount(2).And.OnlyContain(gate => gate.Passed && gate.Measured.Contains("key 'release'"));
        (await production.Signatures.ListAsync(record.Result!.Value)).Should().HaveCount(2);
        (await PredictAsync(production)).Version.Should().Be(record.Result.Value);
    }

    [Fact]
    public async Task Load_WithoutTheRequiredSignature_IsRefusedAndTheEndpointKeepsServing()
    {
        await using (var host = await StartAsync())
        {
            var production = host["production"];
            var signed = await production.Models.RegisterAsync(await SyntheticModel.DraftAsync(production));
            await production.Signatures.SignAsync(signed.Ref, _release);
            var unsigned = await production.Models.RegisterAsync(await SyntheticModel.DraftAsync(production, seed: 2));
            await production.Endpoints["churn"].SetTrafficAsync(TrafficPolicy.Single(signed.Ref), "first");

            var act = async () => await production.Endpoints["churn"].SetTrafficAsync(TrafficPolicy.Single(unsigned.Ref), "second");
            (await act.Should().ThrowAsync<UntrustedModelException>()).Which.Message.Should().ContainAll("'production' does not load churn:2", "key 'release'");
            (await PredictAsync(production)).Version.Should().Be(signed.Ref);
            (await production.Endpoints["churn"].GetTrafficAsync())!.Shares.Should().ContainSingle().Which.Version.Should().Be(signed.Ref);

            await production.Context.Metadata.WriteAsync((session, _) => session.ExecuteAsync("DELETE FROM registry_signatures"));
            (await PredictAsync(production)).Version.Should().Be(signed.Ref, "what is loaded was verified when it was loaded");
        }

        await using var restarted = await StartAsync();
        var predict = async () => await PredictAsync(restarted["production"]);
        await predict.Should().ThrowAsync<UntrustedModelException>();
    }

    [Fact]
    public async Task Load_ChangedModelFile_IsRefusedThoughItsVersionIsSigned()
    {
        await using var host = await StartAsync();
        var production = host["production"];
        var version = await production.Models.RegisterAsync(await SyntheticModel.DraftAsync(production));
        await production.Signatures.SignAsync(version.Ref, _release);
        var path = await production.Context.Artifacts.GetLocalPathAsync(version.Find(ModelArtifactKind.Functions, ModelArtifactNames.Predict)!.Content.ParsedDigest);
        var bytes = File.ReadAllBytes(path);
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, bytes);
        var act = async () => await production.Endpoints["churn"].SetTrafficAsync(TrafficPolicy.Single(version.Ref), "first");
        await act.Should().ThrowAsync<CorruptDataException>();
    }

    [Fact]
    public async Task Policy_PromotionOnly_LoadsUnsignedVersions()
    {
        await using var host = await StartAsync(("Environments:production:Signatures:RequiredAt", "Promotion"));
        var production = host["production"];
        var version = await production.Models.RegisterAsync(await SyntheticModel.DraftAsync(production));
        await production.Endpoints["churn"].SetTrafficAsync(TrafficPolicy.Single(version.Ref), "first");
        (await PredictAsync(production)).Version.Should().Be(version.Ref);
    }

    [Fact]
    public async Task Provenance_OfAPipelineRun_IsSignedAndRequired()
    {
        await using var host = await StartAsync(configure: builder => builder.AddPipeline(_ => new Training()), settings: ("Environments:production:Signatures:RequireProvenance", "true"));
        var staging = host["staging"];
        var run = (await staging.Pipelines.RunAsync<Training, int>(7)).EnsureCompleted();
        var version = await staging.Models.GetAsync(run.Model!.Value);
        await staging.Signatures.SignAsync(version.Ref, _release);
        (await RefusedAsync(staging, version.Ref)).Message.Should().Contain("no SLSA provenance");

        var provenance = await PipelineProvenance.CreateAsync(staging, run, version, "https://ci.example.com/training");
        provenance.ResolvedDependencies.Should().Contain(dependency => dependency.Algorithm == "sha256" && dependency.Annotations!["role"] == "training");
        var stored = await staging.Signatures.SignAsync(version.Ref, provenance.ToStatement(version), _release);
        var predicate = JsonDocument.Parse(SigstoreBundle.Parse(stored.Bundle).ReadStatement().Predicate).RootElement;
        var build = predicate.GetProperty("buildDefinition");
        build.GetProperty("buildType").GetString().Should().Be(PipelineProvenance.BuildType);
        build.GetProperty("externalParameters").GetProperty("pipeline").GetString().Should().Be("training");
        build.GetProperty("externalParameters").GetProperty("input").GetInt32().Should().Be(7);
        build.GetProperty("internalParameters").GetProperty("definitionHash").GetString().Should().Be(run.DefinitionHash);
        predicate.GetProperty("runDetails").GetProperty("metadata").GetProperty("invocationId").GetString().Should().Be(run.Id);
        (await staging.PromoteAsync(version.Ref, "production")).State.Should().Be(PromotionState.Completed);

        var other = await staging.Models.RegisterAsync(await SyntheticModel.DraftAsync(staging, seed: 5));
        var wrong = async () => await PipelineProvenance.CreateAsync(staging, run, other, "https://ci.example.com/training");
        await wrong.Should().ThrowAsync<InvalidInputException>().WithMessage("*did not make churn:2*");
    }

    [Fact]
    public async Task Start_WithWrongKeys_ListsEveryMistake()
    {
        using var rsa = RSA.Create(2048);
        const string Key = "Environments:production:Signatures:";
        var mistakes = await TestHost.MistakesAsync(_directory.Path,
        [
            (Key + "TrustedKeys:missing", "no/such/file.pem"), (Key + "TrustedKeys:rsa", rsa.ExportSubjectPublicKeyInfoPem()),
            (Key + "TrustedKeys:private", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"),
            (Key + "TrustedRoots:empty:Subjects:0", "ci"), (Key + "TrustedRoots:key:Certificate", _release.PublicKeyPem),
            ("Environments:staging:Signatures:RequiredAt", "Load"), ("Environments:sandbox:Signatures:MinimumSigners", "2"),
            ("Environments:test:Signatures:TrustedKeys:a", _release.PublicKeyPem), ("Environments:test:Signatures:MinimumSigners", "2"),
        ]);
        mistakes.Should().HaveCount(8);
        foreach (var expected in new[]
        {
            "TrustedKeys:missing: There is no file", "TrustedKeys:rsa: The trusted key 'rsa' cannot be read as an elliptic-curve key", "TrustedKeys:private: The trusted key 'private' is not a PEM of a public key",
            "TrustedRoots:empty:Certificate: It is empty", "TrustedRoots:key:Certificate: The trusted root 'key' holds 0 certificates",
            "staging:Signatures: Signatures are required, but no key and no root is trusted", "sandbox:Signatures asks for signatures, but trusts no key",
            "test:Signatures: MinimumSigners is 2, but only 1 different keys",
        })
        {
            mistakes.Should().ContainSingle(mistake => mistake.Contains(expected, StringComparison.Ordinal), expected);
        }
    }

    [Fact]
    public async Task Start_WithTheKeyInAFile_ReadsIt()
    {
        var path = Path.Combine(_directory.Path, "release.pub.pem");
        File.WriteAllText(path, _release.PublicKeyPem);
        await using var host = await TestHost.StartAsync(Path.Combine(_directory.Path, "stores"), [("Environments:production:Signatures:TrustedKeys:release", path)]);
        var production = host["production"];
        var version = await production.Models.RegisterAsync(await SyntheticModel.DraftAsync(production));
        (await production.Get<IModelAdmission>().CheckAsync(version, SignaturePoints.Load)).Admitted.Should().BeFalse();
        await production.Signatures.SignAsync(version.Ref, _release);
        (await production.Get<IModelAdmission>().CheckAsync(version, SignaturePoints.Load)).Admitted.Should().BeTrue();
    }

    private static async Task<PromotionRejectedException> RefusedAsync(IMlOpsEnvironment staging, ModelVersionRef version) =>
        (await FluentActions.Awaiting(() => staging.PromoteAsync(version, "production").AsTask()).Should().ThrowAsync<PromotionRejectedException>()).Which;

    private static async Task<PredictionResult> PredictAsync(IMlOpsEnvironment environment) =>
        await environment.Endpoints["churn"].PredictAsync(new float[] { 1, 2 }, new float[1]);

    private Task<TestHost> StartAsync((string Key, string Value)? settings = null, Action<IMlOpsBuilder>? configure = null) => TestHost.StartAsync(_directory.Path,
    [
        ("Environments:staging:Approvals", "0"), ("Environments:production:PromotesFrom", "staging"),
        ("Environments:production:Signatures:TrustedKeys:release", _release.PublicKeyPem), .. settings is { } more ? new[] { more } : [],
    ], configure);

    private sealed class Training : IPipeline<int>
    {
        public string Name => "training";

        public string? CodeVersion => "1";

        public void Define(PipelineBuilder<int> pipeline) => pipeline
            .Then("train", (_, seed, _) => Task.FromResult(seed))
            .Then<ModelVersionRef>("register", async (context, seed, token) => await context.RegisterAsync(await SyntheticModel.DraftAsync(context.Environment, seed), token));
    }
}
