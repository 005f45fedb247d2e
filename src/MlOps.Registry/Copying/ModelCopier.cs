namespace MlOps.Registry;

/// <summary>Copies a version to another environment. The one place of the library that holds two environments; promotion calls it after its gates.</summary>
public static class ModelCopier
{
    /// <summary>The strategy that the copy's provenance names.</summary>
    public const string Strategy = "CopyModel";

    /// <summary>
    /// Copies blobs first, verifying each digest and size on both sides, then registers the version with its provenance. The copy's
    /// manifest has the same digest as the source's, so that its signatures, which are copied too, stay valid. Killed at any moment, it is called again with the same key.
    /// </summary>
    /// <param name="source">The environment that has the version.</param>
    /// <param name="version">The version.</param>
    /// <param name="target">The environment that receives it.</param>
    /// <param name="key">Copies at most once under this key.</param>
    /// <param name="cancellationToken">Cancels; nothing is registered then.</param>
    /// <returns>The version in the target.</returns>
    /// <exception cref="AccessDeniedException">The caller may not read artifacts in the source, or not register models in the target.</exception>
    /// <exception cref="EnvironmentIsolationException">Source and target are the same environment.</exception>
    /// <exception cref="CorruptDataException">A blob or the manifest does not match its digest.</exception>
    public static async ValueTask<ModelVersion> CopyAsync(
        IMlOpsEnvironment source, ModelVersionRef version, IMlOpsEnvironment target, string key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(target);
        var (from, into) = (source.Context, target.Context);
        from.Access.Require(EnvironmentPermission.ReadArtifacts, $"the artifacts of {version}");
        into.Access.Require(EnvironmentPermission.RegisterModels, $"model '{version.Model}'");
        ArgumentException.ThrowIfNullOrEmpty(key);
        if (source.Name == target.Name)
            throw new EnvironmentIsolationException($"A version cannot be copied from '{source.Name}' to itself. Move an alias instead.");

        var original = await source.Models.GetAsync(version, cancellationToken).ConfigureAwait(false);
        foreach (var content in original.Artifacts.Select(artifact => artifact.Content).DistinctBy(content => content.Digest, StringComparer.Ordinal))
            await CopyBlobAsync(from.Artifacts, into.Artifacts, content, cancellationToken).ConfigureAwait(false);

        var copy = await target.Models.RegisterAsync(
            new ModelVersionDraft
            {
                Model = original.Model,
                Artifacts = original.Artifacts,
                Signature = original.Signature,
                Metrics = original.Metrics,
                Tags = original.Tags,
                Description = original.Description,
                Key = key,
                Provenance = new ModelProvenance(source.Name, version.ToString(), original.Manifest.Digest, Strategy),
            },
            cancellationToken).ConfigureAwait(false);
        if (copy.Manifest.Digest != original.Manifest.Digest)
        {
            throw new CorruptDataException(
                $"The copy of {version} in '{target.Name}' has manifest {copy.Manifest.Digest}, the original {original.Manifest.Digest}. Was key '{key}' used for another version?");
        }

        // After the registration: a copy that dies in between is called again, and stores each signature once.
        var signatures = await new SignatureTable(source.Context).ListAsync(version, cancellationToken).ConfigureAwait(false);
        await new SignatureTable(target.Context).AddAsync(copy, signatures, $"{source.Name}/{version}", cancellationToken).ConfigureAwait(false);
        return copy;
    }

    private static async ValueTask CopyBlobAsync(IArtifactStore source, IArtifactStore target, ArtifactRef content, CancellationToken cancellationToken)
    {
        long size;
        if (await target.ExistsAsync(content.ParsedDigest, cancellationToken).ConfigureAwait(false))
        {
            size = await target.VerifyAsync(content.ParsedDigest, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            var stream = await source.OpenReadAsync(content.ParsedDigest, cancellationToken).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                var stored = await target.PutAsync(stream, content.MediaType, cancellationToken).ConfigureAwait(false);
                if (stored.Digest != content.Digest)
                    throw new CorruptDataException($"The blob {content.Digest} arrived as {stored.Digest}. Try again; if it persists, check the disks of both environments.");
                size = stored.Size;
            }
        }

        if (size != content.Size)
            throw new CorruptDataException($"The blob {content.Digest} has {size} bytes; the manifest says {content.Size}.");
    }
}
