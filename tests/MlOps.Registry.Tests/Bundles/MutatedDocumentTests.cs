using System.Text;
using System.Text.Json.Nodes;
using MlOps.Testing;

namespace MlOps.Registry.Tests;

/// <summary>Documents in which one value was replaced by another, with every digest put right: only what they say is wrong, in ways nobody thought of.</summary>
public sealed class MutatedDocumentTests(BundleFixture fixture) : IClassFixture<BundleFixture>
{
    private static readonly string[] Values =
        ["null", "true", "-1", "0", "1e400", "9223372036854775808", "\"\"", "\"x\"", "\"sha256:\"", "\"../x\"", "\"\\u0000\"", "\"\\ud800\"", "[]", "[null]", "{}", "{\"\":null}", "[[[]]]"];

    [Theory]
    [InlineData("index", 3)]
    [InlineData("manifest", 4)]
    [InlineData("config", 5)]
    [InlineData("manifest.json", 6)]
    [InlineData("config.json", 7)]
    public async Task AnyValue_ReplacedByAnother_IsRefusedByAnErrorOfOurs(string document, int seed)
    {
        await using var target = new TestEnvironment("staging", EnvironmentKind.Staging);
        var random = new Random(seed);
        for (var round = 0; round < 400; round++)
        {
            var layout = fixture.Layout;
            var mutated = Mutate(Read(layout, document), random);
            Write(layout, document, mutated);
            using var tar = layout.ToTar();
            try
            {
                (await BundleFixture.Bundles(target.Context).ImportTarAsync(tar)).Model.Should().Be("churn");
            }
            catch (Exception error) when (error is CorruptDataException or InvalidInputException or InvalidDefinitionException)
            {
                error.Message.Should().NotBeEmpty();
            }
        }
    }

    private static string Read(LayoutFiles layout, string document) => Encoding.UTF8.GetString(document switch
    {
        "index" => layout.Files["index.json"],
        "manifest" => layout.Files[layout.ManifestPath],
        "config" => layout.Files[LayoutFiles.PathOf(layout.Manifest["config"]!["digest"]!.GetValue<string>())],
        _ => layout.LayerBytes(document),
    });

    private static void Write(LayoutFiles layout, string document, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        switch (document)
        {
            case "index":
                layout.Files["index.json"] = bytes;
                break;
            case "manifest":
                layout.SetManifest(bytes);
                break;
            case "config":
                layout.EditManifest(manifest => (manifest["config"]!["digest"], manifest["config"]!["size"]) = (layout.Put(bytes), bytes.Length));
                break;
            case "manifest.json":
                layout.SetLayer(document, bytes);
                break;
            default:
                var native = ModelManifest.Read(layout.LayerBytes("manifest.json"));
                layout.SetLayer(document, bytes);
                layout.SetLayer("manifest.json", ModelManifest.Write(native.Config with { Digest = ArtifactDigest.Of(bytes).ToString(), Size = bytes.Length }, native.Artifacts));
                break;
        }
    }

    // Where a value begins and ends is found in the text, so that what no writer would write can be put there, and the rest keeps its bytes.
    private static string Mutate(string text, Random random)
    {
        var nodes = new List<JsonNode>();
        Collect(JsonNode.Parse(text)!, nodes);
        var chosen = nodes[random.Next(nodes.Count)].ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        var places = new List<int>();
        for (var at = text.IndexOf(chosen, StringComparison.Ordinal); at >= 0; at = text.IndexOf(chosen, at + 1, StringComparison.Ordinal))
            places.Add(at);
        if (places.Count == 0)
            return text[..random.Next(text.Length)];
        var place = places[random.Next(places.Count)];
        return text[..place] + Values[random.Next(Values.Length)] + text[(place + chosen.Length)..];
    }

    private static void Collect(JsonNode node, List<JsonNode> nodes)
    {
        nodes.Add(node);
        foreach (var child in node switch { JsonObject map => map.Select(pair => pair.Value), JsonArray list => list, _ => [] })
        {
            if (child is not null)
                Collect(child, nodes);
        }
    }
}
