using System.Text;

namespace MlOps.Registry.Tests;

/// <summary>The bytes of format 1 are committed; a change of one byte would change the digest of every stored version.</summary>
public sealed class ManifestFormatTests
{
    private static readonly ModelArtifact[] Artifacts =
    [
        new(ModelArtifactKind.Tags, "tags", Ref("tags", "application/json")),
        new(ModelArtifactKind.Functions, "predict", Ref("predict", "application/onnx")),
        new(ModelArtifactKind.Functions, "featurize", Ref("featurize", "application/json")),
        new(ModelArtifactKind.Definition, "definition", Ref("definition", "application/json")),
    ];

    private static readonly ModelConfig Config = new(
        "churn", Drafts.Signature,
        new Dictionary<string, double> { ["loss"] = 0.1, ["auc"] = 0.8125, ["nan"] = double.NaN, ["inf"] = double.NegativeInfinity, ["whole"] = 3 },
        "# Churn\nÄ \"quoted\" <b>");

    [Fact]
    public void Manifest_FormatOne_HasTheCommittedBytes() =>
        Committed("manifest-v1.json", ModelManifest.Write(Ref("config", ModelMediaTypes.Config), Artifacts));

    [Fact]
    public void Config_FormatOne_HasTheCommittedBytes() => Committed("config-v1.json", Config.Write());

    [Fact]
    public void Manifest_FormatOne_ReadsBack()
    {
        var manifest = ModelManifest.Read(Fixture("manifest-v1.json"));
        manifest.Artifacts.Should().BeEquivalentTo(Artifacts);
        manifest.Config.Should().Be(Ref("config", ModelMediaTypes.Config));
        ModelConfig.Read(Fixture("config-v1.json")).Should().BeEquivalentTo(Config);
    }

    [Theory]
    [InlineData("\"schemaVersion\":2", "\"schemaVersion\":3")]
    [InlineData("vnd.mlops.model.v1", "vnd.mlops.model.v2")]
    [InlineData("\"Functions\"", "\"Nonsense\"")]
    [InlineData("sha256:", "sha1:")]
    [InlineData("\"size\":", "\"size\":-")]
    [InlineData("}]}", "}]")]
    [InlineData("\"layers\"", "\"other\"")]
    public void Manifest_Spoiled_IsRefused(string text, string replacement) =>
        FluentActions.Invoking(() => ModelManifest.Read(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(Fixture("manifest-v1.json")).Replace(text, replacement))))
            .Should().Throw<CorruptDataException>();

    private static ArtifactRef Ref(string content, string mediaType) =>
        new(ArtifactDigest.Of(Encoding.UTF8.GetBytes(content)).ToString(), content.Length, mediaType);

    private static void Committed(string name, byte[] bytes) => Encoding.UTF8.GetString(bytes).Should().Be(Encoding.UTF8.GetString(Fixture(name)));

    private static byte[] Fixture(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Fixtures", name));
}
