using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MlOps.Registry.Tests;

/// <summary>A layout in memory that can be spoiled: after an edit of a document everything that names it is put right again.</summary>
internal sealed class LayoutFiles
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public SortedDictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

    public JsonObject Index => Parse("index.json");

    public string ManifestPath => PathOf(Index["manifests"]![0]!["digest"]!.GetValue<string>());

    public JsonObject Manifest => Parse(ManifestPath);

    public static LayoutFiles Read(string directory)
    {
        var layout = new LayoutFiles();
        foreach (var path in Directory.GetFiles(directory, "*", SearchOption.AllDirectories))
            layout.Files[Path.GetRelativePath(directory, path).Replace('\\', '/')] = File.ReadAllBytes(path);
        return layout;
    }

    public static string PathOf(string digest) => "blobs/sha256/" + digest["sha256:".Length..];

    public LayoutFiles Copy()
    {
        var copy = new LayoutFiles();
        foreach (var (name, bytes) in Files)
            copy.Files[name] = [.. bytes];
        return copy;
    }

    public string WriteTo(string directory)
    {
        foreach (var (name, bytes) in Files)
        {
            var path = Path.Combine(directory, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, bytes);
        }

        return directory;
    }

    public MemoryStream ToTar()
    {
        var tar = new MemoryStream();
        var target = new TarLayoutTarget(tar);
        foreach (var (name, bytes) in Files)
            target.AddAsync(name, new MemoryStream(bytes), bytes.Length, default).AsTask().GetAwaiter().GetResult();
        target.CompleteAsync(default).AsTask().GetAwaiter().GetResult();
        tar.Position = 0;
        return tar;
    }

    public string Put(byte[] bytes)
    {
        var digest = ArtifactDigest.Of(bytes).ToString();
        Files[PathOf(digest)] = bytes;
        return digest;
    }

    public void SetText(string name, string text) => Files[name] = Encoding.UTF8.GetBytes(text);

    public void EditIndex(Action<JsonObject> edit) => Files["index.json"] = Edited("index.json", edit);

    public void EditEntry(Action<JsonObject> edit) => EditIndex(index => edit(index["manifests"]![0]!.AsObject()));

    public void EditManifest(Action<JsonObject> edit) => SetManifest(Edited(ManifestPath, edit));

    public void EditLayer(string path, Action<JsonObject> edit) => EditManifest(manifest => edit(Layer(manifest, path)));

    public void SetManifest(byte[] bytes) => EditEntry(entry => Describe(entry, bytes));

    public void EditConfig(Action<JsonObject> edit)
    {
        var bytes = Edited(PathOf(Manifest["config"]!["digest"]!.GetValue<string>()), edit);
        EditManifest(manifest => Describe(manifest["config"]!.AsObject(), bytes));
    }

    /// <summary>Replaces the bytes of a layer and names the new ones everywhere in the ModelPack documents.</summary>
    public void SetLayer(string path, byte[] bytes)
    {
        var at = Manifest["layers"]!.AsArray().ToList().FindIndex(layer => PathOf(layer!.AsObject(), path));
        EditLayer(path, layer => Describe(layer, bytes));
        EditConfig(config => config["modelfs"]!["diffIds"]!.AsArray()[at] = ArtifactDigest.Of(bytes).ToString());
    }

    public byte[] LayerBytes(string path) => Files[PathOf(Layer(Manifest, path)["digest"]!.GetValue<string>())];

    /// <summary>Adds a layer to manifest and config.</summary>
    public void AddLayer(string mediaType, byte[] bytes, params (string Key, string Value)[] annotations)
    {
        var layer = new JsonObject { ["mediaType"] = mediaType, ["annotations"] = new JsonObject([.. annotations.Select(a => KeyValuePair.Create(a.Key, (JsonNode?)a.Value))]) };
        Describe(layer, bytes);
        EditConfig(config => config["modelfs"]!["diffIds"]!.AsArray().Add(ArtifactDigest.Of(bytes).ToString()));
        EditManifest(manifest => manifest["layers"]!.AsArray().Add(layer));
    }

    public void RemoveLayer(string path)
    {
        var at = Manifest["layers"]!.AsArray().ToList().FindIndex(layer => PathOf(layer!.AsObject(), path));
        EditConfig(config => config["modelfs"]!["diffIds"]!.AsArray().RemoveAt(at));
        EditManifest(manifest => manifest["layers"]!.AsArray().RemoveAt(at));
    }

    private static bool PathOf(JsonObject layer, string path) => layer["annotations"]?["org.cncf.model.filepath"]?.GetValue<string>() == path;

    private static JsonObject Layer(JsonObject manifest, string path) => manifest["layers"]!.AsArray().Select(layer => layer!.AsObject()).First(layer => PathOf(layer, path));

    private void Describe(JsonObject descriptor, byte[] bytes)
    {
        descriptor["digest"] = Put(bytes);
        descriptor["size"] = bytes.Length;
    }

    private JsonObject Parse(string name) => JsonNode.Parse(Files[name])!.AsObject();

    private byte[] Edited(string name, Action<JsonObject> edit)
    {
        var node = Parse(name);
        edit(node);
        return Encoding.UTF8.GetBytes(node.ToJsonString(Relaxed));
    }
}
