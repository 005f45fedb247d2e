using MlOps.Testing;

namespace MlOps.Registry.Tests;

public sealed class HostileDraftTests : IAsyncDisposable
{
    private readonly TestEnvironment _environment = new();

    private SqlModelRegistry Registry => new(_environment.Context);

    public ValueTask DisposeAsync() => _environment.DisposeAsync();

    [Theory]
    [InlineData("")]
    [InlineData("../churn")]
    [InlineData("..\\churn")]
    [InlineData("/etc/passwd")]
    [InlineData("C:\\model")]
    [InlineData("a..b")]
    [InlineData("a/b")]
    [InlineData("1churn")]
    [InlineData("churn\0")]
    [InlineData("churn\n")]
    [InlineData("%2e%2e")]
    [InlineData("chürn")]
    [InlineData("x'; DROP TABLE registry_models; --")]
    public async Task ModelName_NotAllowed_IsRefused(string name) =>
        await RefusedAsync(draft => draft with { Model = name });

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("../weights")]
    [InlineData("a/b")]
    [InlineData(".hidden")]
    [InlineData("weights.")]
    [InlineData("a\\b")]
    [InlineData("con:1")]
    public async Task ArtifactName_NotAllowed_IsRefused(string name) =>
        await RefusedAsync(draft => draft with { Artifacts = [draft.Artifacts[0] with { Name = name }] });

    [Theory]
    [InlineData("")]
    [InlineData("sha256:../../etc/passwd")]
    [InlineData("sha256:ABCDEF")]
    [InlineData("md5:d41d8cd98f00b204e9800998ecf8427e")]
    public async Task Digest_Invalid_IsRefused(string digest) =>
        await RefusedAsync(draft => draft with { Artifacts = [draft.Artifacts[0] with { Content = draft.Artifacts[0].Content with { Digest = digest } }] });

    [Theory]
    [InlineData("")]
    [InlineData("json")]
    [InlineData("text/../html")]
    [InlineData("application/json\r\nx: y")]
    public async Task MediaType_Invalid_IsRefused(string mediaType) =>
        await RefusedAsync(draft => draft with { Artifacts = [draft.Artifacts[0] with { Content = draft.Artifacts[0].Content with { MediaType = mediaType } }] });

    [Fact]
    public async Task Artifact_StandsTwice_IsRefused() =>
        await RefusedAsync(draft => draft with { Artifacts = [draft.Artifacts[0], draft.Artifacts[0]] });

    [Fact]
    public async Task Artifact_UnknownKind_IsRefused() =>
        await RefusedAsync(draft => draft with { Artifacts = [draft.Artifacts[0] with { Kind = (ModelArtifactKind)99 }] });

    [Fact]
    public async Task Artifact_LyingSize_IsRefused() =>
        await RefusedAsync(draft => draft with { Artifacts = [draft.Artifacts[0] with { Content = draft.Artifacts[0].Content with { Size = 3 } }] });

    [Fact]
    public async Task Artifact_NegativeSize_IsRefused() =>
        await RefusedAsync(draft => draft with { Artifacts = [draft.Artifacts[0] with { Content = draft.Artifacts[0].Content with { Size = -1 } }] });

    [Fact]
    public async Task Artifacts_TooMany_AreRefused() => await RefusedAsync(draft => draft with
    {
        Artifacts = [.. Enumerable.Range(0, RegistryLimits.Artifacts + 1).Select(i => draft.Artifacts[0] with { Name = $"a{i}" })],
    });

    [Fact]
    public async Task Blob_Missing_IsNotFound() => await RefusedAsync<NotFoundException>(draft => draft with
    {
        Artifacts = [draft.Artifacts[0] with { Content = new ArtifactRef(ArtifactDigest.Of("absent"u8).ToString(), 6, "text/plain") }],
    });

    [Fact]
    public async Task Blob_Damaged_IsRefused()
    {
        var draft = await Drafts.SmallAsync(_environment.Context);
        var path = Directory.GetFiles(_environment.Directory, draft.Artifacts[0].Content.ParsedDigest.Hex[2..], SearchOption.AllDirectories).Single();
        File.WriteAllText(path, "[]");
        await Registry.Invoking(registry => registry.RegisterAsync(draft).AsTask()).Should().ThrowAsync<CorruptDataException>();
    }

    [Fact]
    public async Task Tag_TenMegabytes_IsRefused() =>
        await RefusedAsync<InvalidInputException>(draft => draft with { Tags = new Dictionary<string, string> { ["a"] = new string('x', 10 << 20) } });

    [Fact]
    public async Task Tag_LoneSurrogate_IsRefused() =>
        await RefusedAsync<InvalidInputException>(draft => draft with { Tags = new Dictionary<string, string> { ["a"] = "\uD800" } });

    [Theory]
    [InlineData("../auc")]
    [InlineData("a//b")]
    [InlineData("/auc")]
    [InlineData("a\\b")]
    [InlineData("a\u0000")]
    public async Task MetricName_NotAllowed_IsRefused(string name) =>
        await RefusedAsync<InvalidInputException>(draft => draft with { Metrics = new Dictionary<string, double> { [name] = 1 } });

    [Fact]
    public async Task Tags_TooMany_AreRefused() => await RefusedAsync<InvalidInputException>(draft => draft with
    {
        Tags = Enumerable.Range(0, RegistryLimits.Tags + 1).ToDictionary(i => $"t{i}", _ => ""),
    });

    [Fact]
    public async Task Description_TooLong_IsRefused() =>
        await RefusedAsync<InvalidInputException>(draft => draft with { Description = new string('x', RegistryLimits.DescriptionLength + 1) });

    [Fact]
    public async Task Signature_TensorTwice_IsRefused() =>
        await RefusedAsync(draft => draft with { Signature = Drafts.Signature with { Inputs = [Drafts.Signature.Inputs[0], Drafts.Signature.Inputs[0]] } });

    [Fact]
    public async Task Signature_NotThatOfTheGraph_IsRefused()
    {
        var onnx = await _environment.Context.Artifacts.PutBytesAsync(OnnxBytes.Linear(4), ModelArtifactNames.OnnxMediaType);
        await RefusedAsync(draft => draft with { Artifacts = [new ModelArtifact(ModelArtifactKind.Functions, ModelArtifactNames.Predict, onnx)] });
    }

    [Fact]
    public async Task Onnx_Garbage_IsRefused()
    {
        var onnx = await _environment.Context.Artifacts.PutBytesAsync("not a model"u8.ToArray(), ModelArtifactNames.OnnxMediaType);
        await RefusedAsync<InvalidInputException>(draft => draft with { Artifacts = [new ModelArtifact(ModelArtifactKind.Functions, ModelArtifactNames.Predict, onnx)] });
    }

    [Theory]
    [InlineData("Champion")]
    [InlineData("../x")]
    [InlineData("1st")]
    [InlineData("")]
    public async Task Alias_NotAllowed_IsRefused(string alias)
    {
        var version = await Registry.RegisterAsync(await Drafts.SmallAsync(_environment.Context));
        await Registry.Invoking(registry => registry.SetAliasAsync(version.Ref, alias, "").AsTask()).Should().ThrowAsync<InvalidDefinitionException>();
    }

    private Task RefusedAsync(Func<ModelVersionDraft, ModelVersionDraft> spoil) => RefusedAsync<InvalidDefinitionException>(spoil);

    private async Task RefusedAsync<TException>(Func<ModelVersionDraft, ModelVersionDraft> spoil)
        where TException : MlOpsException
    {
        var draft = spoil(await Drafts.SmallAsync(_environment.Context));
        var thrown = await Registry.Invoking(registry => registry.RegisterAsync(draft).AsTask()).Should().ThrowAsync<TException>();
        thrown.Which.Message.Length.Should().BeLessThan(1_000);
        (await Registry.ListModelsAsync()).Should().BeEmpty();
        (await _environment.Context.Audit.ReadAsync()).Should().BeEmpty();
    }
}
