namespace MlOps.Registry;

/// <summary>
/// A version as a directory of files, which is what its signature covers: <c>manifest.json</c>, <c>config.json</c>, and each artifact
/// as <c>Kind/name</c>. The manifest's digest is thereby part of every signature.
/// </summary>
internal sealed record VersionContents(ModelVersion Version, IReadOnlyDictionary<string, ArtifactRef> Files, ModelManifestBytes Bytes)
{
    public const string ManifestName = "manifest.json";

    public const string ConfigName = "config.json";

    public const string SignatureName = "model.sig";

    public const string SignaturesName = "signatures";

    /// <summary>The files that lie in the artifact store; manifest and config lie in the version's row.</summary>
    public IEnumerable<ArtifactRef> Blobs =>
        Files.Where(file => file.Key is not (ManifestName or ConfigName)).Select(file => file.Value).DistinctBy(content => content.Digest, StringComparer.Ordinal);

    public static async ValueTask<VersionContents> ReadAsync(IModelRegistry registry, ModelVersionRef reference, CancellationToken cancellationToken)
    {
        var version = await registry.GetAsync(reference, cancellationToken).ConfigureAwait(false);
        return Of(version, await registry.GetManifestAsync(reference, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>The contents of a version whose manifest and config are at hand.</summary>
    public static VersionContents Of(ModelVersion version, ModelManifestBytes bytes)
    {
        var reference = version.Ref;
        Require(reference, "manifest", bytes.Manifest, version.Manifest.Digest);
        var manifest = ModelManifest.Read(bytes.Manifest);
        Require(reference, "config", bytes.Config, manifest.Config.Digest);
        var files = new SortedDictionary<string, ArtifactRef>(StringComparer.Ordinal) { [ManifestName] = version.Manifest, [ConfigName] = manifest.Config };
        foreach (var artifact in manifest.Artifacts)
            files.Add($"{artifact.Kind}/{artifact.Name}", artifact.Content);
        return new VersionContents(version, files, bytes);
    }

    public SignedModel ToSignedModel() => new(
        Version.Model, [.. Files.Select(file => new SignedResource(file.Key, file.Value.ParsedDigest.Hex))], [SignatureName, SignaturesName], AllowSymlinks: false);

    /// <summary>What a statement covers of this version, or why it does not cover it.</summary>
    public (IReadOnlyList<string> Covered, string? Refusal) Cover(InTotoStatement statement)
    {
        if (statement.PredicateType != SignedModel.PredicateType)
        {
            var manifest = Version.Manifest.ParsedDigest.Hex;
            return statement.Subjects.Any(subject => subject.Sha256 == manifest)
                ? ([ManifestName], null)
                : ([], $"it is about sha256:{statement.Subjects[0].Sha256}, and not about this version's manifest {Version.Manifest.Digest}");
        }

        var signed = SignedModel.Read(statement);
        if (signed.Name != Version.Model)
            return ([], $"it was made for the model '{NameRules.Shown(signed.Name)}', and not for '{Version.Model}'");
        var differences = ResourceDifference.Find(signed.Resources, Files.ToDictionary(file => file.Key, file => file.Value.ParsedDigest.Hex, StringComparer.Ordinal));
        return differences is null
            ? ([.. Files.Keys], null)
            : ([], $"it was made for other content than this version's: {differences}");
    }

    private static void Require(ModelVersionRef version, string what, ReadOnlyMemory<byte> bytes, string digest)
    {
        if (ArtifactDigest.Of(bytes.Span).ToString() != digest)
            throw new CorruptDataException($"The {what} of {version} does not match its digest {digest}. Restore the metadata store from a backup.");
    }
}
