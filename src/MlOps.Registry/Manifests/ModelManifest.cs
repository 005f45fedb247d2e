using System.Text.Json;

namespace MlOps.Registry;

/// <summary>
/// The manifest of a version in OCI image-manifest shape. Its bytes depend only on the content: not on time, caller, number or
/// environment, so that a copy in another environment has the same digest.
/// </summary>
internal sealed record ModelManifest(ArtifactRef Config, IReadOnlyList<ModelArtifact> Artifacts)
{
    private const int MaximumBytes = 16 << 20;

    public static byte[] Write(ArtifactRef config, IEnumerable<ModelArtifact> artifacts)
    {
        return StoredJson.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteNumber("schemaVersion", 2);
            writer.WriteString("mediaType", ModelMediaTypes.Manifest);
            writer.WriteString("artifactType", ModelMediaTypes.Model);
            writer.WritePropertyName("config");
            WriteDescriptor(writer, config, null);
            writer.WriteStartArray("layers");
            foreach (var artifact in artifacts.OrderBy(artifact => artifact.Kind).ThenBy(artifact => artifact.Name, StringComparer.Ordinal))
                WriteDescriptor(writer, artifact.Content, artifact);
            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    /// <exception cref="CorruptDataException">The bytes are not a manifest of a known version.</exception>
    public static ModelManifest Read(ReadOnlyMemory<byte> bytes) => StoredJson.Read("The manifest", bytes, MaximumBytes, root =>
    {
        if (root.GetProperty("schemaVersion").GetInt32() != 2)
            throw new CorruptDataException($"The manifest has schemaVersion {root.GetProperty("schemaVersion")}; this library reads 2.");
        if (root.GetProperty("artifactType").GetString() is var type && type != ModelMediaTypes.Model)
            throw new CorruptDataException($"The manifest is of type '{NameRules.Shown(type)}'; this library reads '{ModelMediaTypes.Model}'. Was it written by a newer version?");
        var artifacts = new List<ModelArtifact>();
        foreach (var layer in root.GetProperty("layers").EnumerateArray())
        {
            var annotations = layer.GetProperty("annotations");
            var kind = annotations.GetProperty(ModelMediaTypes.KindAnnotation).GetString();
            if (!Enum.TryParse<ModelArtifactKind>(kind, out var parsed) || !Enum.IsDefined(parsed))
                throw new CorruptDataException($"The manifest has a layer of the unknown kind '{NameRules.Shown(kind)}'.");
            // A name becomes a path where a version is exported, and a stored row is no better than whoever can write the file.
            var name = annotations.GetProperty(ModelMediaTypes.NameAnnotation).GetString();
            if (!NameRules.IsArtifact(name))
                throw new CorruptDataException($"The manifest has a layer of the name '{NameRules.Shown(name)}', which no artifact can have.");
            artifacts.Add(new ModelArtifact(parsed, name!, ReadDescriptor(layer)));
        }

        return new ModelManifest(ReadDescriptor(root.GetProperty("config")), artifacts);
    });

    private static void WriteDescriptor(Utf8JsonWriter writer, ArtifactRef content, ModelArtifact? artifact)
    {
        writer.WriteStartObject();
        writer.WriteString("mediaType", content.MediaType);
        writer.WriteString("digest", content.Digest);
        writer.WriteNumber("size", content.Size);
        if (artifact is not null)
        {
            writer.WriteStartObject("annotations");
            writer.WriteString(ModelMediaTypes.KindAnnotation, artifact.Kind.ToString());
            writer.WriteString(ModelMediaTypes.NameAnnotation, artifact.Name);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static ArtifactRef ReadDescriptor(JsonElement element)
    {
        var digest = element.GetProperty("digest").GetString();
        var size = element.GetProperty("size").GetInt64();
        if (!ArtifactDigest.TryParse(digest, out _) || size < 0)
            throw new CorruptDataException($"The manifest has a descriptor with digest '{NameRules.Shown(digest)}' and size {size}.");
        return new ArtifactRef(digest!, size, element.GetProperty("mediaType").GetString()!);
    }
}
