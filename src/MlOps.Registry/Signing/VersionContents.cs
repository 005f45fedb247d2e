namespace MlOps.Registry;

/// <summary>
/// A version as a directory of files, which is what its signature covers: <c>manifest.json</c>, <c>config.json</c>, and each artifact
/// as <c>Kind/name</c>. The manifest's digest is thereby part of every signature.
/// </summary>
internal sealed record VersionContents(ModelVersion Version, IReadOnlyDictionary<string, ArtifactRef> Files)
{
    public const string ManifestName = "manifest.json";

    public const string ConfigName = "config.json";

    public const string SignatureName = "model.sig";

    public const string SignaturesName = "signatures";

    private const int MaximumManifestBytes = 16 << 20;

    public static async ValueTask<VersionContents> ReadAsync(EnvironmentContext context, ModelVersion version, CancellationToken cancellationToken)
    {
        var bytes = await context.Artifacts.GetBytesAsync(version.Manifest, MaximumManifestBytes, cancellationToken).ConfigureAwait(false);
        var manifest = ModelManifest.Read(bytes);
        var files = new SortedDictionary<string, ArtifactRef>(StringComparer.Ordinal) { [ManifestName] = version.Manifest, [ConfigName] = manifest.Config };
        foreach (var artifact in manifest.Artifacts)
            files.Add($"{artifact.Kind}/{artifact.Name}", artifact.Content);
        return new VersionContents(version, files);
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
}
