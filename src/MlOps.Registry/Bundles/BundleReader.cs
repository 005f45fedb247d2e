namespace MlOps.Registry;

/// <summary>Reads the documents of a layout, each once into memory and against its digest, and maps them to a draft. Nothing is written.</summary>
internal sealed partial class BundleReader(ILayoutSource source, BundleImportOptions options)
{
    /// <summary>The strategy that the provenance of an imported version names.</summary>
    public const string Strategy = "Import";

    private const int PathLength = 1_000;

    public async ValueTask<BundleContents> ReadAsync(CancellationToken cancellationToken)
    {
        OciJson.CheckLayout(await ReadFileAsync(BundleFormat.LayoutFile, BundleFormat.LayoutFileBytes, cancellationToken).ConfigureAwait(false));
        var entry = Select(OciJson.ReadIndex(await ReadFileAsync(BundleFormat.IndexFile, BundleFormat.IndexBytes, cancellationToken).ConfigureAwait(false)));
        var manifest = OciJson.ReadManifest(await ReadBlobAsync("The manifest", entry, BundleFormat.ManifestBytes, cancellationToken).ConfigureAwait(false));
        CheckType(entry, manifest);
        CheckLayers(manifest);
        var config = ModelPackConfig.Read(
            await ReadBlobAsync("The ModelPack config", manifest.Config, BundleFormat.ManifestBytes, cancellationToken).ConfigureAwait(false), manifest.Layers);
        return manifest.Layers.Any(layer => layer[BundleFormat.Part] is not null)
            ? await ReadOwnAsync(manifest, cancellationToken).ConfigureAwait(false)
            : ReadForeign(entry, manifest, config);
    }

    /// <summary>Opens a blob; reading it to the end verifies size and digest.</summary>
    public Stream OpenBlob(string what, OciDescriptor descriptor)
    {
        RequireLength(what, descriptor);
        return new CheckedStream(source.OpenRead(BundleFormat.BlobPath(descriptor.Digest)), what, descriptor.Digest, descriptor.Size);
    }

    private OciDescriptor Select(IReadOnlyList<OciDescriptor> entries)
    {
        var candidates = options.Reference is null ? entries : [.. entries.Where(entry => entry[BundleFormat.RefName] == options.Reference)];
        var names = entries.Select(entry => NameRules.Shown(entry[BundleFormat.RefName] ?? "(without a name)")).Take(10);
        if (candidates.Count != 1)
        {
            throw new InvalidInputException(options.Reference is null
                ? $"The layout's index lists {entries.Count} manifests; expected one. Name the one to import in BundleImportOptions.Reference: {string.Join(", ", names)}."
                : $"The layout's index lists {candidates.Count} manifests named '{NameRules.Shown(options.Reference)}'; expected one. It lists: {string.Join(", ", names)}.");
        }

        var entry = candidates[0];
        if (entry.MediaType == BundleFormat.ImageIndex)
            throw new InvalidInputException("The layout's index points at another index, which is not followed. Copy the model's manifest into a layout of its own (skopeo copy).");
        if (entry.MediaType != BundleFormat.ImageManifest)
            throw new InvalidInputException($"The layout's index points at '{NameRules.Shown(entry.MediaType)}'; expected '{BundleFormat.ImageManifest}'.");
        return entry;
    }

    private static void CheckType(OciDescriptor entry, OciManifest manifest)
    {
        if (entry.ArtifactType is not null && manifest.ArtifactType is not null && entry.ArtifactType != manifest.ArtifactType)
        {
            throw new CorruptDataException(
                $"The layout's index says that the manifest is of the artifactType '{NameRules.Shown(entry.ArtifactType)}'; it is '{NameRules.Shown(manifest.ArtifactType)}'.");
        }

        // Clients older than OCI 1.1 drop artifactType; the config's media type says the same.
        if ((manifest.ArtifactType ?? BundleFormat.PackManifest) == BundleFormat.PackManifest && manifest.Config.MediaType == BundleFormat.PackConfig)
            return;
        throw new InvalidInputException(
            $"The manifest is of the artifactType '{NameRules.Shown(manifest.ArtifactType ?? "(none)")}' with a config '{NameRules.Shown(manifest.Config.MediaType)}'; " +
            $"this library reads '{BundleFormat.PackManifest}' with '{BundleFormat.PackConfig}' (CNCF ModelPack; with KitOps: kit pack --use-model-pack).");
    }

    private void CheckLayers(OciManifest manifest)
    {
        var sizes = new Dictionary<ArtifactDigest, long>();
        var paths = new HashSet<string>(StringComparer.Ordinal);
        var total = 0L;
        if (manifest.Layers.Count == 0)
            throw new InvalidInputException("The manifest has no layers; a model has at least one.");
        foreach (var (layer, at) in manifest.Layers.Select((layer, at) => (layer, at)))
        {
            var what = $"The manifest's layers[{at}]";
            if (BundleFormat.RoleOf(layer.MediaType) is null)
                throw new InvalidInputException($"{what} has the media type '{NameRules.Shown(layer.MediaType)}', which is none of ModelPack's layers (weight, weight.config, doc, code, dataset).");
            if (layer[BundleFormat.FilePath] is { } path)
            {
                CheckPath(what, path);
                if (!paths.Add(path))
                    throw new InvalidInputException($"{what} has the path '{NameRules.Shown(path)}', as another layer has. Give each file a path of its own.");
            }

            if (sizes.TryGetValue(layer.Digest, out var size))
            {
                if (size != layer.Size)
                    throw new CorruptDataException($"{what} says that {layer.Digest} has {layer.Size} bytes; another layer says {size}.");
                continue;
            }

            // Compared before it is added, so that nothing overflows.
            if (layer.Size > options.MaximumBytes - total)
                throw new InvalidInputException($"The bundle has more than {options.MaximumBytes} bytes, the largest that is accepted (BundleImportOptions.MaximumBytes).");
            total += layer.Size;
            sizes.Add(layer.Digest, layer.Size);
            RequireLength(what, layer);
        }
    }

    private static void CheckPath(string what, string path)
    {
        var sound = path.Length is > 0 and <= PathLength && path[0] != '/' && !path.Any(c => char.IsControl(c) || c is '\\' or ':') &&
            path.Split('/').All(part => part is not ("" or "." or ".."));
        if (!sound)
            throw new InvalidInputException($"{what} has the path '{NameRules.Shown(path)}': expected a relative path of at most {PathLength} characters without '..', '\\', ':' and control characters.");
    }

    private void RequireLength(string what, OciDescriptor descriptor)
    {
        var path = BundleFormat.BlobPath(descriptor.Digest);
        var length = source.FindLength(path) ?? throw new CorruptDataException($"{what} points at '{path}', which the layout does not have. Copy the bundle again.");
        if (length != descriptor.Size)
            throw new CorruptDataException($"{what} says {descriptor.Size} bytes; '{path}' has {length}. Fetch the bundle again.");
    }

    private async ValueTask<ReadOnlyMemory<byte>> ReadFileAsync(string name, int maximum, CancellationToken cancellationToken)
    {
        var length = source.FindLength(name) ?? throw new InvalidInputException($"There is no '{name}': this is no OCI image layout. Give the directory or tar file that holds '{BundleFormat.LayoutFile}'.");
        if (length > maximum)
            throw new InvalidInputException($"The layout's '{name}' has {length} bytes; at most {maximum} are read.");
        var stream = source.OpenRead(name);
        await using (stream.ConfigureAwait(false))
        {
            var bytes = new byte[length];
            var read = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            return bytes.AsMemory(0, read);
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>> ReadBlobAsync(string what, OciDescriptor descriptor, int maximum, CancellationToken cancellationToken)
    {
        if (descriptor.Size > maximum)
            throw new InvalidInputException($"{what} has {descriptor.Size} bytes; at most {maximum} are read.");
        var stream = OpenBlob(what, descriptor);
        await using (stream.ConfigureAwait(false))
        {
            var bytes = new MemoryStream((int)descriptor.Size);
            await stream.CopyToAsync(bytes, cancellationToken).ConfigureAwait(false);
            return bytes.ToArray();
        }
    }
}
