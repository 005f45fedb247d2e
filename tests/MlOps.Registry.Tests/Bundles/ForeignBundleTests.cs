using System.Text;
using System.Text.Json.Nodes;
using MlOps.Testing;

namespace MlOps.Registry.Tests;

/// <summary>Bundles as other tools make them by the ModelPack specification: without this library's manifest.</summary>
public sealed class ForeignBundleTests
{
    private static readonly BundleImportOptions Churn = new() { Model = "churn" };

    [Fact]
    public async Task Import_AModelPackOfAnotherTool_MapsItsLayersToKinds()
    {
        await using var environment = new TestEnvironment();
        var layout = Pack(
            ("weight", "raw", "model/model.onnx", OnnxBytes.Linear()),
            ("weight", "tar+gzip", "weights/big.tar.gz", [0x1f, 0x8b, 1, 2, 3]),
            ("weight.config", "raw", "tokenizer/config.json", "{}"u8.ToArray()),
            ("weight.config", "raw", "tokenizer_config.json", "{ }"u8.ToArray()),
            ("doc", "raw", "README.md", "# Hello"u8.ToArray()),
            ("code", "tar", "src", "tar bytes"u8.ToArray()),
            ("dataset", "raw", "data/train set.csv", "a,b"u8.ToArray()));
        using var tar = layout.ToTar();
        var version = await BundleFixture.Bundles(environment.Context).ImportTarAsync(tar, Churn);

        version.Artifacts.Select(artifact => $"{artifact.Kind}/{artifact.Name} {artifact.Content.MediaType}").Should().Equal(
            "Definition/tokenizer_config.json application/json",
            "Definition/tokenizer_config.json-2 application/json",
            "Parameters/weights_big.tar.gz application/vnd.cncf.model.weight.v1.tar+gzip",
            "Functions/predict application/onnx",
            "Data/data_train_set.csv text/csv",
            "GenerationCode/src application/vnd.cncf.model.code.v1.tar",
            "ExperimentArtifacts/README.md text/markdown");
        version.Signature.Inputs.Should().ContainSingle().Which.Name.Should().Be("features");
        version.Description.Should().Be("A model of somebody else");
        version.Provenance.Should().Be(new ModelProvenance("outside", "theirs:v1", layout.Index["manifests"]![0]!["digest"]!.GetValue<string>(), "Import"));
        (await environment.Context.Artifacts.GetBytesAsync(version.Find(ModelArtifactKind.Parameters, "weights_big.tar.gz")!.Content)).Should().Equal(0x1f, 0x8b, 1, 2, 3);
        tar.Position = 0;
        (await BundleFixture.Bundles(environment.Context).ImportTarAsync(tar, Churn)).Version.Should().Be(1);

        using var exported = new MemoryStream();
        await BundleFixture.Bundles(environment.Context).ExportTarAsync(version.Ref, exported);
        exported.Position = 0;
        await using var other = new TestEnvironment("staging", EnvironmentKind.Staging);
        (await BundleFixture.Bundles(other.Context).ImportTarAsync(exported)).Manifest.Should().Be(version.Manifest);
    }

    [Fact]
    public async Task Import_WithoutAModelName_SaysWhereToGiveIt() =>
        await RefuseAsync(Pack(("weight", "raw", "a.bin", [1])), null, "*BundleImportOptions.Model*");

    [Fact]
    public async Task Import_WithAModelNameThatIsNotAllowed_IsRefused() =>
        await RefuseAsync(Pack(("weight", "raw", "a.bin", [1])), new BundleImportOptions { Model = "../a" }, "*Model name*");

    [Fact]
    public async Task Import_AnOnnxFileThatIsNone_IsRefused() =>
        await RefuseAsync(Pack(("weight", "raw", "a.onnx", [1, 2, 3])), Churn, "*");

    [Fact]
    public async Task Import_APredictPathThatIsNotThere_ListsThePaths() =>
        await RefuseAsync(Pack(("weight", "raw", "a.onnx", OnnxBytes.Linear())), Churn with { PredictPath = "b.onnx" }, "*no ONNX file 'b.onnx'*a.onnx*");

    [Fact]
    public async Task Import_ALayerOfAnotherSpecification_IsRefused()
    {
        var layout = Pack(("weight", "raw", "a.bin", [1]));
        layout.AddLayer("application/vnd.ollama.image.model", [2]);
        await RefuseAsync(layout, Churn, "*none of ModelPack's layers*");
    }

    [Fact]
    public async Task Import_TwoOnnxFiles_ServesTheOneThatIsNamed()
    {
        await using var environment = new TestEnvironment();
        var layout = Pack(("weight", "raw", "a.onnx", OnnxBytes.Linear()), ("weight", "raw", "b.onnx", OnnxBytes.Linear(input: "x")));
        var none = await ImportAsync(environment.Context, layout, Churn);
        none.Artifacts.Should().OnlyContain(artifact => artifact.Kind == ModelArtifactKind.Parameters);
        none.Signature.Inputs.Should().BeEmpty();
        var named = await ImportAsync(environment.Context, layout, new BundleImportOptions { Model = "other", PredictPath = "b.onnx" });
        named.Signature.Inputs.Single().Name.Should().Be("x");
        named.Find(ModelArtifactKind.Functions, "predict").Should().NotBeNull();
    }

    [Fact]
    public async Task Import_LayersWithoutPaths_GetNumbersAndTitles()
    {
        await using var environment = new TestEnvironment();
        var layout = Pack(("weight", "raw", "a.bin", [1]));
        layout.AddLayer("application/vnd.cncf.model.doc.v1.raw", [2]);
        layout.AddLayer("application/vnd.cncf.model.doc.v1.raw", [3], ("org.opencontainers.image.title", "notes.txt"));
        layout.EditManifest(manifest => manifest.Remove("artifactType"));
        layout.EditEntry(entry => entry.Remove("artifactType"));
        (await ImportAsync(environment.Context, layout, Churn)).Artifacts.Select(artifact => artifact.Name).Should().Equal("a.bin", "layer-1", "notes.txt");
        layout.AddLayer("application/vnd.cncf.model.doc.v1.raw", [4], ("org.opencontainers.image.title", "../notes.txt"));
        await RefuseAsync(layout, Churn, "*path '../notes.txt'*");
    }

    [Fact]
    public async Task Import_AReference_ChoosesAmongSeveral()
    {
        await using var environment = new TestEnvironment();
        var layout = Pack(("weight", "raw", "a.bin", [1]));
        var first = layout.Index["manifests"]![0]!.DeepClone();
        layout.EditManifest(manifest => manifest["annotations"] = new JsonObject { ["x"] = "y" });
        layout.EditEntry(entry => entry["annotations"]!["org.opencontainers.image.ref.name"] = "v2");
        layout.EditIndex(index => index["manifests"]!.AsArray().Add(first));
        (await ImportAsync(environment.Context, layout, Churn with { Reference = "v2" })).Provenance!.Version.Should().Be("v2");
        (await ImportAsync(environment.Context, layout, Churn with { Reference = "theirs:v1" })).Version.Should().Be(2);
    }

    private static async Task<ModelVersion> ImportAsync(EnvironmentContext context, LayoutFiles layout, BundleImportOptions options)
    {
        using var tar = layout.ToTar();
        return await BundleFixture.Bundles(context).ImportTarAsync(tar, options);
    }

    private static async Task RefuseAsync(LayoutFiles layout, BundleImportOptions? options, string message)
    {
        await using var environment = new TestEnvironment();
        using var tar = layout.ToTar();
        await environment.Context.ShouldRefuseAsync(tar, message, options);
    }

    private static LayoutFiles Pack(params (string Role, string Encoding, string Path, byte[] Bytes)[] layers)
    {
        var layout = new LayoutFiles();
        layout.SetText("oci-layout", """{"imageLayoutVersion": "1.0.0"}""");
        var config = layout.Put(Encoding.UTF8.GetBytes(new JsonObject
        {
            ["descriptor"] = new JsonObject { ["name"] = "theirs", ["description"] = "A model of somebody else" },
            ["config"] = new JsonObject(),
            ["modelfs"] = new JsonObject { ["type"] = "layers", ["diffIds"] = new JsonArray([.. layers.Select(layer => (JsonNode)ArtifactDigest.Of(layer.Bytes).ToString())]) },
        }.ToJsonString()));
        var manifest = Encoding.UTF8.GetBytes(new JsonObject
        {
            ["schemaVersion"] = 2,
            ["artifactType"] = "application/vnd.cncf.model.manifest.v1+json",
            ["config"] = new JsonObject { ["mediaType"] = "application/vnd.cncf.model.config.v1+json", ["digest"] = config, ["size"] = layout.Files[LayoutFiles.PathOf(config)].Length },
            ["layers"] = new JsonArray([.. layers.Select(layer => (JsonNode)new JsonObject
            {
                ["mediaType"] = $"application/vnd.cncf.model.{layer.Role}.v1.{layer.Encoding}",
                ["digest"] = layout.Put(layer.Bytes),
                ["size"] = layer.Bytes.Length,
                ["annotations"] = new JsonObject { ["org.cncf.model.filepath"] = layer.Path },
            })]),
        }.ToJsonString());
        layout.SetText("index.json", new JsonObject
        {
            ["schemaVersion"] = 2,
            ["manifests"] = new JsonArray(new JsonObject
            {
                ["mediaType"] = "application/vnd.oci.image.manifest.v1+json",
                ["digest"] = layout.Put(manifest),
                ["size"] = manifest.Length,
                ["annotations"] = new JsonObject { ["org.opencontainers.image.ref.name"] = "theirs:v1" },
            }),
        }.ToJsonString());
        return layout;
    }
}
