namespace MlOps.Registry;

/// <summary>Where a version came from when it was not registered by a run of this environment.</summary>
/// <param name="Environment">The environment that it was copied from, or that it stands for after a retraining.</param>
/// <param name="Version">The version there, <c>model:version</c>.</param>
/// <param name="ManifestDigest">The digest of that version's manifest.</param>
/// <param name="Strategy"><c>CopyModel</c>, <c>RetrainInTarget</c>, or <c>Import</c> for a bundle.</param>
public sealed record ModelProvenance(string Environment, string Version, string ManifestDigest, string Strategy);
