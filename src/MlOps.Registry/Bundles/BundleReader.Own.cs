namespace MlOps.Registry;

internal sealed partial class BundleReader
{
    /// <summary>A bundle of this library: the version's own manifest and config decide, and the ModelPack manifest around them must say the same.</summary>
    private async ValueTask<BundleContents> ReadOwnAsync(OciManifest pack, CancellationToken cancellationToken)
    {
        var parts = pack.Layers.Where(layer => layer[BundleFormat.Part] is not null).ToLookup(layer => layer[BundleFormat.Part]!);
        if (parts.FirstOrDefault(part => part.Key is not (BundleFormat.ManifestPart or BundleFormat.ConfigPart or BundleFormat.AttachmentPart)) is { } unknown)
            throw new InvalidInputException($"The bundle has a part '{NameRules.Shown(unknown.Key)}' that this library does not know. Was it written by a newer version?");
        var (manifest, manifestBytes) = await ReadManifestAsync(Single(parts, BundleFormat.ManifestPart), cancellationToken).ConfigureAwait(false);
        var digest = ArtifactDigest.Of(manifestBytes.Span);
        var (config, configBytes) = await ReadConfigAsync(Single(parts, BundleFormat.ConfigPart), manifest, cancellationToken).ConfigureAwait(false);
        if (options.Model is not null && options.Model != config.Model)
        {
            throw new InvalidInputException(
                $"The bundle holds a version of '{NameRules.Shown(config.Model)}' and cannot be imported as '{NameRules.Shown(options.Model)}': its digest binds the name. Leave BundleImportOptions.Model out.");
        }

        var blobs = MatchLayers(pack, manifest);
        var draft = new ModelVersionDraft
        {
            Model = config.Model,
            Artifacts = manifest.Artifacts,
            Signature = config.Signature,
            Metrics = config.Metrics,
            Description = config.Description,
            Tags = options.IncludeTags ? ReadTags(pack) : new Dictionary<string, string>(),
            Key = KeyOf(digest),
            Provenance = new ModelProvenance(Annotation(pack, BundleFormat.SourceEnvironment), Annotation(pack, BundleFormat.SourceVersion), digest.ToString(), Strategy),
        };
        var attachments = await ReadAttachmentsAsync(parts[BundleFormat.AttachmentPart], cancellationToken).ConfigureAwait(false);
        return new BundleContents(draft, new ModelManifestBytes(manifestBytes, configBytes), blobs, options.IncludeAttachments ? attachments : []);
    }

    private async ValueTask<(ModelManifest Manifest, ReadOnlyMemory<byte> Bytes)> ReadManifestAsync(OciDescriptor layer, CancellationToken cancellationToken)
    {
        var bytes = await ReadBlobAsync("The version's manifest", layer, BundleFormat.DocumentBytes, cancellationToken).ConfigureAwait(false);
        var manifest = ModelManifest.Read(bytes);
        // Registering writes the manifest anew; only bytes that it would write can become the same version.
        if (!ModelManifest.Write(manifest.Config, manifest.Artifacts).AsSpan().SequenceEqual(bytes.Span))
            throw new InvalidInputException("The version's manifest is not in the form in which this library writes it, so that its digest could not be kept. Was it edited, or written by a newer version?");
        return (manifest, bytes);
    }

    private async ValueTask<(ModelConfig Config, ReadOnlyMemory<byte> Bytes)> ReadConfigAsync(OciDescriptor layer, ModelManifest manifest, CancellationToken cancellationToken)
    {
        if (!layer.SameBytes(manifest.Config) || manifest.Config.MediaType != ModelMediaTypes.Config)
        {
            throw new CorruptDataException(
                $"The version's manifest names the config {manifest.Config.Digest} ({manifest.Config.Size} bytes, {NameRules.Shown(manifest.Config.MediaType)}); the bundle has {layer.Digest} ({layer.Size} bytes).");
        }

        var bytes = await ReadBlobAsync("The version's config", layer, BundleFormat.DocumentBytes, cancellationToken).ConfigureAwait(false);
        var config = ModelConfig.Read(bytes);
        if (!config.Write().AsSpan().SequenceEqual(bytes.Span))
            throw new InvalidInputException("The version's config is not in the form in which this library writes it, so that its digest could not be kept. Was it edited, or written by a newer version?");
        return (config, bytes);
    }

    private static List<OciDescriptor> MatchLayers(OciManifest pack, ModelManifest manifest)
    {
        var layers = new Dictionary<string, OciDescriptor>(StringComparer.Ordinal);
        foreach (var layer in pack.Layers.Where(layer => layer[BundleFormat.Part] is null))
            layers.Add(layer[BundleFormat.FilePath] ?? throw new CorruptDataException($"The layer {layer.Digest} has no '{BundleFormat.FilePath}'."), layer);
        foreach (var artifact in manifest.Artifacts)
        {
            if (!layers.Remove(BundleFormat.PathOf(artifact), out var layer))
                throw new CorruptDataException($"The version has the artifact {artifact.Kind}/{NameRules.Shown(artifact.Name)}, which is not among the bundle's layers.");
            if (!layer.SameBytes(artifact.Content) || !BundleFormat.IsRaw(layer.MediaType))
                throw new CorruptDataException($"The artifact {artifact.Kind}/{artifact.Name} is {artifact.Content.Digest} ({artifact.Content.Size} bytes) by the version's manifest; the layer is {layer.Digest} ({layer.Size} bytes, {layer.MediaType}).");
        }

        if (layers.Count > 0)
            throw new CorruptDataException($"The bundle has a layer '{NameRules.Shown(layers.Keys.First())}' that the version's manifest does not name.");
        return [.. pack.Layers.Where(layer => layer[BundleFormat.Part] is null).DistinctBy(layer => layer.Digest)];
    }

    private async ValueTask<IReadOnlyList<BundleAttachment>> ReadAttachmentsAsync(IEnumerable<OciDescriptor> layers, CancellationToken cancellationToken)
    {
        var attachments = new List<BundleAttachment>();
        var total = 0L;
        foreach (var layer in layers)
        {
            // They are held in memory, all at once.
            if (attachments.Count == BundleFormat.Attachments || layer.Size > BundleFormat.AttachmentBytes - total)
                throw new InvalidInputException($"The bundle has more than {BundleFormat.Attachments} attachments, or more than {BundleFormat.AttachmentBytes} bytes of them.");
            total += layer.Size;
            var path = layer[BundleFormat.FilePath] ?? "";
            var type = layer[BundleFormat.AttachmentType] ?? throw new CorruptDataException($"The attachment '{NameRules.Shown(path)}' has no '{BundleFormat.AttachmentType}'.");
            var content = await ReadBlobAsync($"The attachment '{NameRules.Shown(path)}'", layer, BundleFormat.AttachmentBytes, cancellationToken).ConfigureAwait(false);
            attachments.Add(new BundleAttachment(path, type, content));
        }

        return attachments;
    }

    private static OciDescriptor Single(ILookup<string, OciDescriptor> parts, string part)
    {
        var layers = parts[part].Take(2).ToArray();
        return layers.Length == 1 ? layers[0] : throw new CorruptDataException($"The bundle has {(layers.Length == 0 ? "no" : "more than one")} layer with '{BundleFormat.Part}' = '{part}'; expected one.");
    }

    private static string Annotation(OciManifest pack, string name) =>
        pack.Annotations.GetValueOrDefault(name) ?? throw new CorruptDataException($"The manifest has no annotation '{name}', which says where the version comes from.");

    private static Dictionary<string, string> ReadTags(OciManifest pack) =>
        pack.Annotations.Where(annotation => annotation.Key.StartsWith(BundleFormat.TagPrefix, StringComparison.Ordinal))
            .ToDictionary(annotation => annotation.Key[BundleFormat.TagPrefix.Length..], annotation => annotation.Value, StringComparer.Ordinal);

    private static string KeyOf(ArtifactDigest digest) => $"import:{digest}";
}
