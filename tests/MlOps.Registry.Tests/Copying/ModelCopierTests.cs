using MlOps.Testing;

namespace MlOps.Registry.Tests;

public sealed class ModelCopierTests : IAsyncDisposable
{
    private readonly TestEnvironment _staging = new("staging", EnvironmentKind.Staging);
    private readonly TestEnvironment _production = new("production", EnvironmentKind.Production);

    public async ValueTask DisposeAsync()
    {
        await _staging.DisposeAsync();
        await _production.DisposeAsync();
    }

    [Fact]
    public async Task Copy_Version_ArrivesWithTheSameManifestAndItsProvenance()
    {
        var (source, target, version) = await PrepareAsync();
        var copy = await ModelCopier.CopyAsync(source, version.Ref, target, "promotion-1");
        copy.Manifest.Should().Be(version.Manifest);
        copy.Artifacts.Should().Equal(version.Artifacts);
        copy.Provenance.Should().Be(new ModelProvenance("staging", "churn:1", version.Manifest.Digest, "CopyModel"));
        foreach (var artifact in copy.Artifacts)
            (await _production.Context.Artifacts.GetBytesAsync(artifact.Content)).Length.Should().Be((int)artifact.Content.Size);
    }

    [Fact]
    public async Task Copy_Again_ReturnsTheSameVersion()
    {
        var (source, target, version) = await PrepareAsync();
        var first = await ModelCopier.CopyAsync(source, version.Ref, target, "promotion-1");
        (await ModelCopier.CopyAsync(source, version.Ref, target, "promotion-1")).Should().BeEquivalentTo(first);
        (await target.Models.ListAsync("churn")).Should().HaveCount(1);
    }

    [Fact]
    public async Task Copy_KeyOfAnotherVersion_IsRefused()
    {
        var (source, target, version) = await PrepareAsync();
        await ModelCopier.CopyAsync(source, version.Ref, target, "promotion-1");
        var other = await source.Models.RegisterAsync(await Drafts.SmallAsync(_staging.Context));
        await this.Invoking(_ => ModelCopier.CopyAsync(source, other.Ref, target, "promotion-1").AsTask()).Should().ThrowAsync<CorruptDataException>();
    }

    [Fact]
    public async Task Copy_DamagedSourceBlob_RegistersNothing()
    {
        var (source, target, version) = await PrepareAsync();
        var path = Blob(_staging, version.Find(ModelArtifactKind.Functions, ModelArtifactNames.Predict)!.Content);
        var bytes = File.ReadAllBytes(path);
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, bytes);
        await this.Invoking(_ => ModelCopier.CopyAsync(source, version.Ref, target, "promotion-1").AsTask()).Should().ThrowAsync<CorruptDataException>();
        (await target.Models.ListModelsAsync()).Should().BeEmpty();
        (await _production.Context.Audit.ReadAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task Copy_DamagedBlobInTarget_RegistersNothing()
    {
        var (source, target, version) = await PrepareAsync();
        var content = version.Artifacts[0].Content;
        await _production.Context.Artifacts.PutBytesAsync(await _staging.Context.Artifacts.GetBytesAsync(content), content.MediaType);
        File.WriteAllText(Blob(_production, content), "");
        await this.Invoking(_ => ModelCopier.CopyAsync(source, version.Ref, target, "promotion-1").AsTask()).Should().ThrowAsync<CorruptDataException>();
        (await target.Models.ListModelsAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task Copy_ToItself_IsRefused()
    {
        var (source, _, version) = await PrepareAsync();
        await this.Invoking(_ => ModelCopier.CopyAsync(source, version.Ref, source, "k").AsTask()).Should().ThrowAsync<EnvironmentIsolationException>();
    }

    [Fact]
    public async Task Compare_TwoVersions_ListsWhatDiffers()
    {
        var (source, _, version) = await PrepareAsync();
        var other = await source.Models.RegisterAsync(await new ModelVersionBuilder(_staging.Context.Artifacts, "churn")
            .WithOnnx(OnnxBytes.Linear(4), ["a", "b", "c", "d"]).WithMetrics(new Dictionary<string, double> { ["auc"] = 0.9, ["new"] = 1 })
            .WithGeneration(new GenerationRecord { Framework = "f", Algorithm = "linear", HyperParameters = new Dictionary<string, string> { ["l2"] = "0.2" } })
            .WithTags(("owner", "ads")).BuildAsync());
        var comparison = await ModelComparison.ReadAsync(version, other, _staging.Context.Artifacts);
        comparison.Metrics.Should().Equal(
            new ValueDifference<double?>("auc", 0.81, 0.9), new ValueDifference<double?>("loss", 0.4, null), new ValueDifference<double?>("new", null, 1));
        comparison.Tags.Should().Equal(new ValueDifference<string?>("task", "churn", null));
        comparison.HyperParameters.Should().Equal(new ValueDifference<string?>("l2", "0.1", "0.2"));
        comparison.IsSignatureCompatible.Should().BeFalse();
        comparison.SignatureDifferences.Should().Contain(difference => difference.Contains("[N,4], expected [N,3]"));
        comparison.Artifacts.Should().Contain(difference => difference.Name == "Functions/predict");
        ModelComparison.Between(version, version).IsSignatureCompatible.Should().BeTrue();
    }

    private async Task<(EnvironmentHandle Source, EnvironmentHandle Target, ModelVersion Version)> PrepareAsync()
    {
        var source = new EnvironmentHandle(_staging.Context);
        var version = await source.Models.RegisterAsync(await Drafts.Full(_staging.Context).BuildAsync());
        return (source, new EnvironmentHandle(_production.Context), version);
    }

    private static string Blob(TestEnvironment environment, ArtifactRef content) =>
        Directory.GetFiles(environment.Directory, content.ParsedDigest.Hex[2..], SearchOption.AllDirectories).Single();
}
