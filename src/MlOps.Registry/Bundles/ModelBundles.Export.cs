namespace MlOps.Registry;

internal sealed partial class ModelBundles
{
    private async ValueTask<BundlePlan> PlanAsync(ModelVersionRef reference, BundleExportOptions options, CancellationToken cancellationToken)
    {
        var version = await registry.GetAsync(reference, cancellationToken).ConfigureAwait(false);
        var native = await registry.GetManifestAsync(reference, cancellationToken).ConfigureAwait(false);
        var attached = new List<BundleAttachment>();
        foreach (var attachments in options.IncludeAttachments ? _attachments : [])
        {
            var number = 0;
            foreach (var content in await attachments.ListAsync(version, cancellationToken).ConfigureAwait(false))
                attached.Add(new BundleAttachment(attachments.PathOf(++number), attachments.MediaType, content));
        }

        return BundlePlan.Create(version, native, context.Name, options.IncludeTags, attached);
    }

    private async ValueTask<ExportedBundle> WriteAsync(ModelVersionRef version, BundlePlan plan, ILayoutTarget target, CancellationToken cancellationToken)
    {
        foreach (var (name, file) in plan.Files)
        {
            var stream = file.Blob is { } blob
                ? await context.Artifacts.OpenReadAsync(blob.ParsedDigest, cancellationToken).ConfigureAwait(false)
                : new MemoryStream(file.Bytes.ToArray(), writable: false);
            await using (stream.ConfigureAwait(false))
                await target.AddAsync(name, stream, file.Size, cancellationToken).ConfigureAwait(false);
        }

        await target.CompleteAsync(cancellationToken).ConfigureAwait(false);
        var blobs = plan.Files.Where(file => file.Key.StartsWith(BundleFormat.BlobPrefix, StringComparison.Ordinal)).ToArray();
        LogExported(_logger, version, context.Name, plan.Manifest.Digest);
        return new ExportedBundle(plan.Reference, plan.Manifest, blobs.Length, blobs.Sum(blob => blob.Value.Size));
    }
}
