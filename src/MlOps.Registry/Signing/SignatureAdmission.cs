namespace MlOps.Registry;

/// <summary>Admission by the environment's signature policy.</summary>
internal sealed class SignatureAdmission : IModelAdmission
{
    private readonly IModelSignatures _signatures;
    private readonly SignaturePolicy _policy;

    public SignatureAdmission(IModelSignatures signatures, SignaturePolicy? policy)
    {
        _signatures = signatures;
        _policy = policy ?? SignaturePolicy.None;
        if (_policy.FindMistakes() is { Count: > 0 } mistakes)
            throw new InvalidDefinitionException($"The signature policy is wrong: {string.Join(" ", mistakes)}");
    }

    public async ValueTask<AdmissionResult> CheckAsync(
        ModelVersion version, SignaturePoints point, IModelSignatures? signatures = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(version);
        if ((_policy.RequiredAt & point) == 0)
            return new AdmissionResult(true, "no signatures", "");
        var report = await (signatures ?? _signatures).VerifyAsync(version.Ref, _policy, readContent: false, cancellationToken).ConfigureAwait(false);
        var asked = $"{_policy.MinimumSigners} of {string.Join(", ", _policy.Keys.Select(key => key.ToString()).Concat(_policy.Roots.Select(root => root.ToString())))}" +
            (_policy.RequireProvenance ? ", and a signed provenance" : "");
        return report.ManifestDigest == version.Manifest.Digest
            ? new AdmissionResult(report.Passed, asked, report.Message, report)
            : new AdmissionResult(false, asked, $"{version.Ref} has the manifest {version.Manifest.Digest}; the signatures are of {report.ManifestDigest}.", report);
    }
}
