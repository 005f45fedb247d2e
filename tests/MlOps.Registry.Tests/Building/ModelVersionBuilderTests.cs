using System.Text.Json;
using MlOps.Testing;

namespace MlOps.Registry.Tests;

public sealed class ModelVersionBuilderTests : IAsyncDisposable
{
    private readonly TestEnvironment _environment = new();

    public ValueTask DisposeAsync() => _environment.DisposeAsync();

    [Fact]
    public async Task Build_Onnx_HasAllEightKindsAndTheGraphsSignature()
    {
        var draft = await Drafts.Full(_environment.Context).BuildAsync();
        draft.Artifacts.Select(artifact => artifact.Kind).Distinct().Should().BeEquivalentTo(Enum.GetValues<ModelArtifactKind>());
        draft.Signature.Should().BeEquivalentTo(Drafts.Signature);
        var definition = await ReadAsync(draft, ModelArtifactKind.Definition, "definition");
        definition.GetProperty("opsets").GetProperty("ai.onnx").GetInt64().Should().Be(17);
        var generation = await ReadAsync(draft, ModelArtifactKind.GenerationCode, "generation");
        generation.GetProperty("experiments").GetInt32().Should().Be(12);
        generation.GetProperty("commit").GetString().Should().Be(new string('a', 40));
    }

    [Fact]
    public async Task Build_Twice_GivesTheSameManifestContent()
    {
        var first = await Drafts.Full(_environment.Context).BuildAsync();
        var second = await Drafts.Full(_environment.Context).BuildAsync();
        second.Artifacts.Should().Equal(first.Artifacts);
    }

    [Fact]
    public async Task Dependencies_AreThoseOfTheRunningApplication()
    {
        var draft = await Drafts.Full(_environment.Context).BuildAsync();
        var dependencies = await ReadAsync(draft, ModelArtifactKind.Dependencies, "dependencies");
        var packages = dependencies.GetProperty("packages").EnumerateArray().ToArray();
        packages.Should().Contain(package => package.GetProperty("name").GetString() == "FluentAssertions" && package.GetProperty("version").GetString() == "6.12.0");
        packages.Single(package => package.GetProperty("name").GetString() == "FluentAssertions").GetProperty("sha512").GetString().Should().HaveLength(128);
        dependencies.GetProperty("runtime").GetString().Should().StartWith(".NET 10");
        dependencies.GetProperty("processorCount").GetInt32().Should().BePositive();
    }

    [Fact]
    public async Task Bom_IsCycloneDxWithModelCardAndLibraries()
    {
        var draft = await Drafts.Full(_environment.Context).BuildAsync();
        var bom = await ReadAsync(draft, ModelArtifactKind.Dependencies, "bom");
        bom.GetProperty("bomFormat").GetString().Should().Be("CycloneDX");
        bom.GetProperty("specVersion").GetString().Should().Be("1.6");
        bom.GetProperty("serialNumber").GetString().Should().MatchRegex("^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$");
        var model = bom.GetProperty("metadata").GetProperty("component");
        model.GetProperty("type").GetString().Should().Be("machine-learning-model");
        model.GetProperty("hashes")[0].GetProperty("content").GetString().Should().Be(ArtifactDigest.Of(OnnxBytes.Linear()).Hex);
        model.GetProperty("modelCard").GetProperty("quantitativeAnalysis").GetProperty("performanceMetrics").GetArrayLength().Should().Be(2);
        var references = bom.GetProperty("components").EnumerateArray().Select(component => component.GetProperty("bom-ref").GetString()).ToArray();
        references.Should().OnlyHaveUniqueItems().And.Contain("pkg:nuget/FluentAssertions@6.12.0");
        bom.GetProperty("dependencies")[0].GetProperty("dependsOn").EnumerateArray().Select(item => item.GetString()).Should().BeEquivalentTo(references);
    }

    [Fact]
    public async Task Dependencies_HoldHardwareAndOpsets_AndSoDoesTheBom()
    {
        using var cards = new TemporaryDirectory();
        foreach (var (card, name) in new[] { ("0000:01:00.0", "NVIDIA H100 80GB HBM3"), ("0000:02:00.0", "NVIDIA A10") })
        {
            Directory.CreateDirectory(cards[card]);
            await File.WriteAllTextAsync(cards[$"{card}/information"], $"Model: \t\t {name}\nIRQ:   \t\t 87\n");
        }

        DependencyCapture.ReadAccelerators(cards.Path).Should().Equal("NVIDIA H100 80GB HBM3", "NVIDIA A10");
        DependencyCapture.ReadAccelerators(cards["none"]).Should().BeEmpty();
        var snapshot = DependencyCapture.Capture() with { Accelerators = ["NVIDIA A10"] };
        snapshot.Processor.Should().NotBeEmpty();
        (snapshot.ProcessorCount, snapshot.MemoryBytes).Should().Match<(int Cores, long Memory)>(found => found.Cores > 0 && found.Memory > 0);
        var draft = await Drafts.Full(_environment.Context).WithDependencies(snapshot).BuildAsync();
        var dependencies = await ReadAsync(draft, ModelArtifactKind.Dependencies, "dependencies");
        dependencies.GetProperty("opsets").GetProperty("ai.onnx").GetInt64().Should().Be(17);
        dependencies.GetProperty("accelerators")[0].GetString().Should().Be("NVIDIA A10");
        var bom = await ReadAsync(draft, ModelArtifactKind.Dependencies, "bom");
        bom.GetProperty("metadata").GetProperty("component").GetProperty("properties").EnumerateArray()
            .Select(property => $"{property.GetProperty("name").GetString()}={property.GetProperty("value").GetString()}")
            .Should().Contain(["mlops:accelerator=NVIDIA A10", "mlops:opset=ai.onnx@17", $"mlops:processorCount={snapshot.ProcessorCount}", $"mlops:memoryBytes={snapshot.MemoryBytes}"]);
    }

    [Fact]
    public async Task Build_NeitherOnnxNorSignature_IsRefused() =>
        await new ModelVersionBuilder(_environment.Context.Artifacts, "churn").Invoking(builder => builder.BuildAsync().AsTask())
            .Should().ThrowAsync<InvalidDefinitionException>();

    [Fact]
    public void With_NotJson_IsRefused() =>
        new ModelVersionBuilder(_environment.Context.Artifacts, "churn").Invoking(builder => builder.WithParameters("{")).Should().Throw<InvalidInputException>();

    [Fact]
    public void ParseDeps_Garbage_IsRefused() =>
        FluentActions.Invoking(() => DependencyCapture.ParseDeps("[]"u8.ToArray())).Should().Throw<InvalidInputException>();

    [Fact]
    public void SourceRevision_LooseAndPackedRefs_AreRead()
    {
        using var directory = new TemporaryDirectory();
        var commit = new string('b', 40);
        Directory.CreateDirectory(directory[".git/refs/heads"]);
        File.WriteAllText(directory[".git/HEAD"], "ref: refs/heads/main\n");
        File.WriteAllText(directory[".git/refs/heads/main"], commit + "\n");
        Directory.CreateDirectory(directory["src/deep"]);
        SourceRevision.FromRepository(directory["src/deep"]).Should().Be(commit);
        File.Delete(directory[".git/refs/heads/main"]);
        File.WriteAllText(directory[".git/packed-refs"], $"# pack-refs\n{new string('c', 40)} refs/heads/main\n");
        SourceRevision.FromRepository(directory.Path).Should().Be(new string('c', 40));
        File.WriteAllText(directory[".git/HEAD"], "ref: refs/heads/../../../secret\n");
        SourceRevision.FromRepository(directory.Path).Should().BeNull();
    }

    private async Task<JsonElement> ReadAsync(ModelVersionDraft draft, ModelArtifactKind kind, string name)
    {
        var artifact = draft.Artifacts.Single(candidate => candidate.Kind == kind && candidate.Name == name);
        return JsonDocument.Parse(await _environment.Context.Artifacts.GetBytesAsync(artifact.Content)).RootElement;
    }
}
