namespace MlOps.Registry;

internal sealed partial class ModelBundles
{
    private async ValueTask<ModelVersion> ImportAsync(ILayoutSource source, BundleImportOptions options, CancellationToken cancellationToken)
    {
        var reader = new BundleReader(source, options);
        var contents = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        DraftValidator.Check(contents.Draft);
        foreach (var attachment in contents.Attachments)
            Find(attachment)?.Check(contents.Expected, contents.Bytes!, attachment.Content);

        var version = await RegisterAsync(reader, contents, cancellationToken).ConfigureAwait(false);
        if (contents.ManifestDigest is { } digest && version.Manifest.Digest != digest)
            throw new CorruptDataException($"The imported version {version.Ref} has manifest {version.Manifest.Digest}; the bundle's has {digest}.");
        await StoreAttachmentsAsync(version, contents.Attachments, cancellationToken).ConfigureAwait(false);
        LogImported(_logger, version.Ref, context.Name, contents.Draft.Provenance!.Version);
        return version;
    }

    private async ValueTask<ModelVersion> RegisterAsync(BundleReader reader, BundleContents contents, CancellationToken cancellationToken)
    {
        await StoreBlobsAsync(reader, contents, reuse: true, cancellationToken).ConfigureAwait(false);
        try
        {
            return await registry.RegisterAsync(contents.Draft, cancellationToken).ConfigureAwait(false);
        }
        catch (NotFoundException)
        {
            // A collection took a blob that was there already and old: written anew it is young, and safe.
            await StoreBlobsAsync(reader, contents, reuse: false, cancellationToken).ConfigureAwait(false);
            return await registry.RegisterAsync(contents.Draft, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Every blob of the bundle is read and verified; what the store has is not written again. Nothing refers to new blobs until the version is registered.</summary>
    private async ValueTask StoreBlobsAsync(BundleReader reader, BundleContents contents, bool reuse, CancellationToken cancellationToken)
    {
        foreach (var descriptor in contents.Blobs)
        {
            var stream = reader.OpenBlob($"The blob {descriptor.Digest}", descriptor);
            await using (stream.ConfigureAwait(false))
            {
                if (reuse && await context.Artifacts.ExistsAsync(descriptor.Digest, cancellationToken).ConfigureAwait(false))
                    await stream.CopyToAsync(Stream.Null, 128 << 10, cancellationToken).ConfigureAwait(false);
                else
                    await context.Artifacts.PutAsync(stream, descriptor.MediaType, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async ValueTask StoreAttachmentsAsync(ModelVersion version, IReadOnlyList<BundleAttachment> attached, CancellationToken cancellationToken)
    {
        foreach (var attachment in attached.Where(attachment => Find(attachment) is null))
            LogUnknownAttachment(_logger, version.Ref, NameRules.Shown(attachment.Path), NameRules.Shown(attachment.MediaType));
        foreach (var group in attached.Where(attachment => Find(attachment) is not null).GroupBy(attachment => attachment.MediaType, StringComparer.Ordinal))
            await Find(group.First())!.StoreAsync(version, [.. group.Select(attachment => attachment.Content)], cancellationToken).ConfigureAwait(false);
    }

    private IBundleAttachments? Find(BundleAttachment attachment) =>
        Array.Find(_attachments, candidate => candidate.MediaType == attachment.MediaType);
}
