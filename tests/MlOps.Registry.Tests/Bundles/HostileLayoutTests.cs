using System.Text;
using System.Text.Json.Nodes;

namespace MlOps.Registry.Tests;

/// <summary>Spoiled documents. Unless digests are the point, everything that names a changed document is put right, so that only the planted fault is wrong.</summary>
public sealed class HostileLayoutTests(BundleFixture fixture) : IClassFixture<BundleFixture>
{
    private const string Predict = "Functions/predict";
    private static readonly string Sha512 = "sha512:" + new string('a', 128);

    private static readonly Dictionary<string, (Action<LayoutFiles> Spoil, string Message)> Spoiled = new()
    {
        ["no oci-layout"] = (l => l.Files.Remove("oci-layout"), "*no 'oci-layout'*"),
        ["oci-layout of version 2"] = (l => l.SetText("oci-layout", """{"imageLayoutVersion":"2.0.0"}"""), "*imageLayoutVersion '2.0.0'*"),
        ["oci-layout with a number"] = (l => l.SetText("oci-layout", """{"imageLayoutVersion":1}"""), "*imageLayoutVersion*not a text*"),
        ["oci-layout without a version"] = (l => l.SetText("oci-layout", "{}"), "*no 'imageLayoutVersion'*"),
        ["oci-layout of a megabyte"] = (l => l.SetText("oci-layout", new string(' ', 1 << 20)), "*1048576 bytes; at most*"),
        ["oci-layout that is no JSON"] = (l => l.SetText("oci-layout", "layout"), "*cannot be read as JSON*"),
        ["oci-layout that is empty"] = (l => l.SetText("oci-layout", ""), "*cannot be read as JSON*"),
        ["oci-layout that is an array"] = (l => l.SetText("oci-layout", "[]"), "*object is expected*"),
        ["no index"] = (l => l.Files.Remove("index.json"), "*no 'index.json'*"),
        ["index with a million manifests"] = (l => l.SetText("index.json", $$"""{"schemaVersion":2,"manifests":[{{string.Join(',', Enumerable.Repeat("{\"size\":1}", 1_000_000))}}]}"""), "*bytes; at most 4194304*"),
        ["index with a million of nothing"] = (l => l.SetText("index.json", $$"""{"schemaVersion":2,"manifests":[{{string.Join(',', Enumerable.Repeat("{}", 1_000_000))}}]}"""), "*lists 1000000 manifests*"),
        ["index with 2,000 manifests"] = (l => l.SetText("index.json", $$"""{"schemaVersion":2,"manifests":[{{string.Join(',', Enumerable.Repeat("{}", 2_000))}}]}"""), "*lists 2000 manifests; at most 1000*"),
        ["index of nothing"] = (l => l.EditIndex(i => i["manifests"] = new JsonArray()), "*lists 0 manifests*"),
        ["index of two"] = (l => l.EditIndex(i => i["manifests"]!.AsArray().Add(i["manifests"]![0]!.DeepClone())), "*lists 2 manifests*Reference*churn:1*"),
        ["index without manifests"] = (l => l.EditIndex(i => i.Remove("manifests")), "*no 'manifests'*"),
        ["index of schemaVersion 1"] = (l => l.EditIndex(i => i["schemaVersion"] = 1), "*schemaVersion 1*"),
        ["index of schemaVersion text"] = (l => l.EditIndex(i => i["schemaVersion"] = "2"), "*schemaVersion*"),
        ["index that says it is a manifest"] = (l => l.EditIndex(i => i["mediaType"] = "application/vnd.oci.image.manifest.v1+json"), "*media type*"),
        ["index with invalid UTF-8"] = (l => l.Files["index.json"] = [.. l.Files["index.json"][..^1], .. ",\"x\":\""u8, 0xff, .. "\"}"u8], "*UTF-8*"),
        ["index with half a surrogate"] = (l => l.SetText("index.json", Encoding.UTF8.GetString(l.Files["index.json"]).Replace("churn:1", "\\ud800")), "*cannot be read as JSON*"),
        ["index with a key twice"] = (l => l.SetText("index.json", Encoding.UTF8.GetString(l.Files["index.json"]).Replace("{\"schemaVersion\"", "{\"schemaVersion\":2,\"schemaVersion\"")), "*cannot be read as JSON*"),
        ["index cut off"] = (l => l.Files["index.json"] = l.Files["index.json"][..^20], "*cannot be read as JSON*"),
        ["nested index"] = (l => l.EditEntry(e => e["mediaType"] = "application/vnd.oci.image.index.v1+json"), "*another index*"),
        ["docker manifest"] = (l => l.EditEntry(e => e["mediaType"] = "application/vnd.docker.distribution.manifest.v2+json"), "*docker*expected*"),
        ["media type that is none"] = (l => l.EditEntry(e => e["mediaType"] = "manifest"), "*media type 'manifest'*"),
        ["digest of sha512"] = (l => l.EditEntry(e => e["digest"] = Sha512), "*Other algorithms*"),
        ["digest in capitals"] = (l => l.EditEntry(e => e["digest"] = e["digest"]!.GetValue<string>().ToUpperInvariant()), "*lower-case*"),
        ["digest with a path"] = (l => l.EditEntry(e => e["digest"] = "sha256:../../../../etc/passwd"), "*digest 'sha256:../*"),
        ["size below zero"] = (l => l.EditEntry(e => e["size"] = -1), "*size -1*"),
        ["size beyond all bounds"] = (l => l.EditEntry(e => e["size"] = 1e30), "*size 1E+30*"),
        ["size with a fraction"] = (l => l.EditEntry(e => e["size"] = 1.5), "*size 1.5*"),
        ["size as text"] = (l => l.EditEntry(e => e["size"] = "10"), "*size*"),
        ["size that lies"] = (l => l.EditEntry(e => e["size"] = e["size"]!.GetValue<long>() + 1), "*says*bytes*"),
        ["annotations that are a list"] = (l => l.EditEntry(e => e["annotations"] = new JsonArray()), "*annotations*not an object*"),
        ["annotation that is a number"] = (l => l.EditEntry(e => e["annotations"]!["org.opencontainers.image.ref.name"] = 1), "*not a text*"),
        ["manifest missing"] = (l => l.Files.Remove(l.ManifestPath), "*does not have*"),
        ["manifest cut off"] = (l => l.Files[l.ManifestPath] = l.Files[l.ManifestPath][..^1], "*says*bytes*"),
        ["manifest flipped"] = (l => l.Files[l.ManifestPath][40] ^= 1, "*has the digest*"),
        ["manifest of five megabytes"] = (l => l.SetManifest(new byte[5 << 20]), "*at most*"),
        ["manifest nested 10,000 deep"] = (l => l.SetManifest(Encoding.ASCII.GetBytes($$"""{"schemaVersion":2,"layers":{{new string('[', 10_000)}}{{new string(']', 10_000)}}}""")), "*cannot be read as JSON*"),
        ["manifest with a key twice"] = (l => l.SetManifest(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(l.Files[l.ManifestPath]).Replace("\"config\":", "\"layers\":[],\"config\":"))), "*cannot be read as JSON*"),
        ["manifest that is an index"] = (l => l.SetManifest([.. l.Files["index.json"]]), "*index in the place of*"),
        ["manifest that is a blob"] = (l => l.SetManifest(l.LayerBytes(Predict)), "*The manifest*"),
        ["manifest of schemaVersion 3"] = (l => l.EditManifest(m => m["schemaVersion"] = 3), "*schemaVersion 3*"),
        ["manifest of another media type"] = (l => l.EditManifest(m => m["mediaType"] = "application/vnd.docker.distribution.manifest.v2+json"), "*media type*"),
        ["manifest without a config"] = (l => l.EditManifest(m => m.Remove("config")), "*no 'config'*"),
        ["manifest of a KitOps ModelKit"] = (l => l.EditManifest(m => m["artifactType"] = "application/vnd.kitops.modelkit.manifest.v1+json"), "*artifactType*"),
        ["manifest of an image"] = (l => l.EditManifest(m => m["config"]!["mediaType"] = "application/vnd.oci.image.config.v1+json"), "*--use-model-pack*"),
        ["manifest without layers"] = (l => l.EditManifest(m => m["layers"] = new JsonArray()), "*no layers*"),
        ["manifest with 10,000 layers"] = (l => l.EditManifest(m => m["layers"] = new JsonArray([.. Enumerable.Repeat(0, 10_000).Select(_ => (JsonNode)new JsonObject())])), "*lists 10000 layers*"),
        ["layer of an image"] = (l => l.EditLayer(Predict, y => y["mediaType"] = "application/vnd.oci.image.layer.v1.tar+gzip"), "*none of ModelPack's*"),
        ["layer missing"] = (l => l.Files.Remove(LayoutFiles.PathOf(l.Manifest["layers"]![0]!["digest"]!.GetValue<string>())), "*does not have*"),
        ["layer beyond all bounds"] = (l => l.EditLayer("Functions/featurize", y => y["size"] = long.MaxValue), "*largest that is accepted*"),
        ["layer that lies about its size"] = (l => l.EditLayer("Functions/featurize", y => y["size"] = 1), "*says 1 bytes*"),
        ["two sizes for one digest"] = (l => l.EditManifest(m => { var copy = m["layers"]![0]!.DeepClone(); copy["size"] = 7; copy["annotations"]!["org.cncf.model.filepath"] = "other"; m["layers"]!.AsArray().Add(copy); }), "*another layer says*"),
        ["path that climbs"] = (l => l.EditLayer(Predict, y => y["annotations"]!["org.cncf.model.filepath"] = "../../etc/cron.d/x"), "*path '../../etc*"),
        ["path that is absolute"] = (l => l.EditLayer(Predict, y => y["annotations"]!["org.cncf.model.filepath"] = "/etc/passwd"), "*path '/etc*"),
        ["path of Windows"] = (l => l.EditLayer(Predict, y => y["annotations"]!["org.cncf.model.filepath"] = "C:evil"), "*path 'C:evil*"),
        ["path with backslashes"] = (l => l.EditLayer(Predict, y => y["annotations"]!["org.cncf.model.filepath"] = "..\\evil"), "*path*"),
        ["path with NUL"] = (l => l.EditLayer(Predict, y => y["annotations"]!["org.cncf.model.filepath"] = "a\0b"), "*path*"),
        ["path twice"] = (l => l.EditLayer(Predict, y => y["annotations"]!["org.cncf.model.filepath"] = "manifest.json"), "*as another layer has*"),
        ["path of another artifact"] = (l => l.EditLayer(Predict, y => y["annotations"]!["org.cncf.model.filepath"] = "Functions/other"), "*not among the bundle's layers*"),
        ["ModelPack config without modelfs"] = (l => l.EditConfig(c => c.Remove("modelfs")), "*no 'modelfs'*"),
        ["ModelPack config with a lie"] = (l => l.EditConfig(c => c["modelfs"]!["diffIds"]![0] = "sha256:" + new string('0', 64)), "*diffIds[0]*"),
        ["ModelPack config with too few"] = (l => l.EditConfig(c => c["modelfs"]!["diffIds"] = new JsonArray()), "*diffIds are not a list*"),
        ["ModelPack config of another type"] = (l => l.EditConfig(c => c["modelfs"]!["type"] = "rootfs"), "*expected 'layers'*"),
        ["ModelPack config with 300,000 letters"] = (l => l.EditConfig(c => c["descriptor"]!["description"] = new string('x', 300_000)), "*300000 characters*"),
        ["part that is unknown"] = (l => l.EditLayer("config.json", y => y["annotations"]!["org.mlops.bundle.part"] = "weights"), "*newer version*"),
        ["part missing"] = (l => l.RemoveLayer("manifest.json"), "*no layer with*manifest*"),
        ["part twice"] = (l => l.AddLayer("application/vnd.cncf.model.doc.v1.raw", "{}"u8.ToArray(), ("org.cncf.model.filepath", "more.json"), ("org.mlops.bundle.part", "config")), "*more than one layer*"),
        ["attachment without a type"] = (l => l.AddLayer("application/vnd.cncf.model.doc.v1.raw", "{}"u8.ToArray(), ("org.cncf.model.filepath", "a"), ("org.mlops.bundle.part", "attachment")), "*no 'org.mlops.attachment.type'*"),
        ["layer that nobody names"] = (l => l.AddLayer("application/vnd.cncf.model.weight.v1.raw", "evil"u8.ToArray(), ("org.cncf.model.filepath", "Parameters/evil")), "*does not name*"),
        ["layer taken away"] = (l => l.RemoveLayer(Predict), "*not among the bundle's layers*"),
        ["layer of other bytes"] = (l => l.SetLayer(Predict, OnnxBytes.Linear(weight: 2)), "*by the version's manifest*"),
        ["own manifest edited"] = (l => l.SetLayer("manifest.json", [.. l.LayerBytes("manifest.json"), (byte)' ']), "*not in the form*"),
        ["own manifest that is no JSON"] = (l => l.SetLayer("manifest.json", "hello"u8.ToArray()), "*The manifest cannot be read*"),
        ["own manifest with an unknown kind"] = (l => l.SetLayer("manifest.json", Replaced(l, "manifest.json", "\"Functions\"", "\"Nonsense\"")), "*unknown kind*"),
        ["own manifest with another config"] = (l => l.SetLayer("config.json", Replaced(l, "config.json", "# Churn", "# Evil!")), "*names the config*"),
        ["own manifest with a hostile name"] = (l => l.SetLayer("manifest.json", Replaced(l, "manifest.json", "\"predict\"", "\"predict/../../x\"")), "*which no artifact can have*"),
        ["own config of a newer format"] = (l => SetConfig(l, "\"formatVersion\":1", "\"formatVersion\":9"), "*format 9*"),
        ["own config edited"] = (l => SetConfig(l, "\"formatVersion\":1", "\"formatVersion\": 1"), "*not in the form*"),
        ["own config with another signature"] = (l => SetConfig(l, "\"features\",\"elementType\":\"float\"", "\"features\",\"elementType\":\"int64\""), "*does not fit the ONNX graph*"),
        ["own config with a hostile model name"] = (l => SetConfig(l, "\"model\":\"churn\"", "\"model\":\"../churn\""), "*Model name '../churn'*"),
        ["no source"] = (l => l.EditManifest(m => m["annotations"]!.AsObject().Remove("org.mlops.source.version")), "*no annotation 'org.mlops.source.version'*"),
        ["tag of a megabyte"] = (l => l.EditManifest(m => m["annotations"]!["org.mlops.tag.owner"] = new string('x', 1 << 20)), "*characters; at most*"),
        ["tag above the limit"] = (l => l.EditManifest(m => m["annotations"]!["org.mlops.tag.owner"] = new string('x', 6_000)), "*tag 'owner'*"),
        ["2,000 annotations"] = (l => l.EditManifest(m => { foreach (var i in Enumerable.Range(0, 2_000)) m["annotations"]![$"org.mlops.tag.t{i}"] = "v"; }), "*more than 1000 annotations*"),
        ["blob flipped"] = (l => l.LayerBytes(Predict)[10] ^= 4, "*has the digest*"),
        ["blob cut off"] = (l => l.Files[LayoutFiles.PathOf(l.Manifest["layers"]![1]!["digest"]!.GetValue<string>())] = [1, 2, 3], "*has 3.*"),
        ["blob of zeros"] = (l => Array.Clear(l.LayerBytes("Definition/definition")), "*has the digest*"),
    };

    public static IEnumerable<object[]> Names => Spoiled.Keys.Select(name => new object[] { name });

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Import_ASpoiledLayout_IsRefusedAndNothingIsVisible(string name)
    {
        var layout = fixture.Layout;
        Spoiled[name].Spoil(layout);
        using var tar = layout.ToTar();
        await fixture.Target.ShouldRefuseAsync(tar, Spoiled[name].Message);
    }

    [Fact]
    public async Task Import_UnderAnotherName_IsRefused()
    {
        using var tar = fixture.Layout.ToTar();
        await fixture.Target.ShouldRefuseAsync(tar, "*cannot be imported as 'other'*", new BundleImportOptions { Model = "other" });
    }

    [Fact]
    public async Task Import_MoreThanTheBound_IsRefused()
    {
        using var tar = fixture.Layout.ToTar();
        await fixture.Target.ShouldRefuseAsync(tar, "*more than 100 bytes*", new BundleImportOptions { MaximumBytes = 100 });
    }

    [Fact]
    public async Task Import_AReferenceThatIsNotThere_IsRefused()
    {
        using var tar = fixture.Layout.ToTar();
        await fixture.Target.ShouldRefuseAsync(tar, "*0 manifests named 'churn:2'*churn:1*", new BundleImportOptions { Reference = "churn:2" });
    }

    private static byte[] Replaced(LayoutFiles layout, string path, string text, string replacement)
    {
        var before = Encoding.UTF8.GetString(layout.LayerBytes(path));
        before.Should().Contain(text);
        return Encoding.UTF8.GetBytes(before.Replace(text, replacement));
    }

    // A config that everything names as it should: only what it says is wrong.
    private static void SetConfig(LayoutFiles layout, string text, string replacement)
    {
        var bytes = Replaced(layout, "config.json", text, replacement);
        var manifest = ModelManifest.Read(layout.LayerBytes("manifest.json"));
        layout.SetLayer("config.json", bytes);
        layout.SetLayer("manifest.json", ModelManifest.Write(manifest.Config with { Digest = ArtifactDigest.Of(bytes).ToString(), Size = bytes.Length }, manifest.Artifacts));
    }
}
