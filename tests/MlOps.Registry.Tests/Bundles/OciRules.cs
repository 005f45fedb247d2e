using System.Text.Json;
using System.Text.RegularExpressions;

namespace MlOps.Registry.Tests;

/// <summary>The required fields of OCI image-spec v1.1 (image-layout, image-index, manifest, descriptor, annotations) and of the ModelPack config's JSON schema, written from those texts.</summary>
internal static partial class OciRules
{
    public static void Check(LayoutFiles layout)
    {
        var marker = JsonDocument.Parse(layout.Files["oci-layout"]).RootElement;
        marker.GetProperty("imageLayoutVersion").GetString().Should().Be("1.0.0");
        var index = JsonDocument.Parse(layout.Files["index.json"]).RootElement;
        index.GetProperty("schemaVersion").GetInt32().Should().Be(2);
        index.GetProperty("mediaType").GetString().Should().Be("application/vnd.oci.image.index.v1+json");
        var named = new HashSet<string> { "oci-layout", "index.json" };
        foreach (var entry in index.GetProperty("manifests").EnumerateArray())
        {
            RefName().IsMatch(entry.GetProperty("annotations").GetProperty("org.opencontainers.image.ref.name").GetString()!).Should().BeTrue();
            CheckManifest(layout, JsonDocument.Parse(CheckDescriptor(layout, entry, named)).RootElement, named);
        }

        layout.Files.Keys.Should().BeEquivalentTo(named, "nothing else is in the layout");
    }

    private static void CheckManifest(LayoutFiles layout, JsonElement manifest, HashSet<string> named)
    {
        manifest.GetProperty("schemaVersion").GetInt32().Should().Be(2);
        manifest.GetProperty("mediaType").GetString().Should().Be("application/vnd.oci.image.manifest.v1+json");
        MediaType().IsMatch(manifest.GetProperty("artifactType").GetString()!).Should().BeTrue();
        CheckAnnotations(manifest.GetProperty("annotations"));
        DateTimeOffset.TryParseExact(
            manifest.GetProperty("annotations").GetProperty("org.opencontainers.image.created").GetString(), "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'",
            System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.None, out _).Should().BeTrue("RFC 3339");
        var config = JsonDocument.Parse(CheckDescriptor(layout, manifest.GetProperty("config"), named)).RootElement;
        var layers = manifest.GetProperty("layers").EnumerateArray().ToArray();
        layers.Should().NotBeEmpty();
        foreach (var layer in layers)
            CheckDescriptor(layout, layer, named);

        config.EnumerateObject().Select(property => property.Name).Should().BeEquivalentTo("descriptor", "config", "modelfs");
        config.GetProperty("descriptor").EnumerateObject().Select(property => property.Name).Should().BeSubsetOf(
            ["createdAt", "authors", "family", "name", "docURL", "sourceURL", "datasetsURL", "version", "revision", "vendor", "licenses", "title", "description"]);
        config.GetProperty("config").EnumerateObject().Select(property => property.Name).Should().BeSubsetOf(
            ["architecture", "format", "paramSize", "precision", "quantization", "capabilities"]);
        config.GetProperty("modelfs").GetProperty("type").GetString().Should().Be("layers");
        config.GetProperty("modelfs").GetProperty("diffIds").EnumerateArray().Select(id => id.GetString()).Should()
            .Equal(layers.Select(layer => layer.GetProperty("digest").GetString()), "no layer is compressed");
    }

    private static byte[] CheckDescriptor(LayoutFiles layout, JsonElement descriptor, HashSet<string> named)
    {
        MediaType().IsMatch(descriptor.GetProperty("mediaType").GetString()!).Should().BeTrue();
        var digest = descriptor.GetProperty("digest").GetString()!;
        Digest().IsMatch(digest).Should().BeTrue();
        var name = "blobs/sha256/" + digest[7..];
        named.Add(name);
        layout.Files[name].LongLength.Should().Be(descriptor.GetProperty("size").GetInt64());
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(layout.Files[name])).Should().Be(digest[7..]);
        if (descriptor.TryGetProperty("annotations", out var annotations))
            CheckAnnotations(annotations);
        return layout.Files[name];
    }

    private static void CheckAnnotations(JsonElement annotations)
    {
        foreach (var annotation in annotations.EnumerateObject())
        {
            annotation.Name.Should().NotBeEmpty();
            annotation.Value.ValueKind.Should().Be(JsonValueKind.String);
        }
    }

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$")]
    private static partial Regex MediaType();

    [GeneratedRegex("^sha256:[a-f0-9]{64}$")]
    private static partial Regex Digest();

    [GeneratedRegex("^[A-Za-z0-9]+(([-._:@+]|--)[A-Za-z0-9]+)*(/[A-Za-z0-9]+(([-._:@+]|--)[A-Za-z0-9]+)*)*$")]
    private static partial Regex RefName();
}
