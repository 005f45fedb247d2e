namespace MlOps.Registry;

/// <summary>Counts the signers of what was found, and says in words what is missing.</summary>
internal static class SignatureJudge
{
    public static SignatureReport Judge(ModelVersion version, SignaturePolicy policy, IReadOnlyList<SignatureFinding> findings)
    {
        var accepted = findings.Where(finding => finding is { Accepted: true, PredicateType: SignedModel.PredicateType }).ToList();
        var identities = new HashSet<string>(StringComparer.Ordinal);
        var keys = new HashSet<string>(StringComparer.Ordinal);
        var signers = new List<string>();
        foreach (var finding in accepted)
        {
            var newKey = keys.Add(finding.KeyFingerprint);
            if (identities.Add(finding.Identity) && newKey)
                signers.Add(finding.Signer);
        }

        var missing = policy.Keys.Where(key => accepted.All(finding => finding.Identity != "key:" + key.Fingerprint)).Select(key => key.ToString())
            .Concat(policy.Roots.Where(root => accepted.All(finding => !finding.Identity.StartsWith($"root:{root.Name}:", StringComparison.Ordinal))).Select(root => root.ToString()))
            .ToList();
        var provenance = findings.FirstOrDefault(finding => finding is { Accepted: true, PredicateType: SlsaProvenance.PredicateType });
        var enough = signers.Count >= policy.MinimumSigners;
        var passed = enough && (provenance is not null || !policy.RequireProvenance);
        var message = passed
            ? $"{version.Ref} is signed by {string.Join(" and ", signers)}."
            : $"{version.Ref} (manifest {version.Manifest.Digest}) " + (enough
                ? "is signed, but has no SLSA provenance signed by a trusted signer."
                : $"has {(signers.Count == 0 ? "no signature" : $"{signers.Count} signature{(signers.Count == 1 ? "" : "s")} ({string.Join(", ", signers)})")} of the {policy.MinimumSigners} " +
                  $"trusted signer{(policy.MinimumSigners == 1 ? "" : "s")} needed. Missing: {(missing.Count == 0 ? "another signer" : string.Join(" or ", missing))}.") +
              (findings.Any(finding => !finding.Accepted)
                  ? $" Refused: {string.Join("; ", findings.Where(finding => !finding.Accepted).Take(10).Select(finding => $"{(finding.Id.Length > 19 ? finding.Id[..19] : "a bundle")}: {finding.Reason}"))}."
                  : findings.Count == 0 ? " It carries no signatures at all: sign it with IModelSignatures.SignAsync where it was made." : "");
        return new SignatureReport(version.Ref, version.Manifest.Digest, passed, findings, missing, message);
    }
}
