namespace MlOps.Registry;

/// <summary>Verifies one bundle against a policy: form, signer, signature, statement, and then what the statement says.</summary>
internal static class BundleVerifier
{
    public static SignatureFinding Verify(
        ReadOnlyMemory<byte> bytes, SignaturePolicy policy, DateTimeOffset at, Func<InTotoStatement, (IReadOnlyList<string> Covered, string? Refusal)> cover)
    {
        var id = bytes.Length > SigstoreBundle.MaximumBytes ? "" : ArtifactDigest.Of(bytes.Span).ToString();
        var finding = new SignatureFinding(id, false, "", "", [], "");
        try
        {
            var bundle = SigstoreBundle.Parse(bytes);
            finding = bundle.Certificates.Count > 0 ? ByCertificate(finding, bundle, policy, at) : ByKey(finding, bundle, policy);
            if (finding.Reason.Length > 0)
                return finding;
            var statement = bundle.ReadStatement();
            finding = finding with { PredicateType = statement.PredicateType };
            var (covered, refusal) = cover(statement);
            return refusal is null
                ? finding with { Accepted = true, Covered = covered, Reason = "verified" }
                : finding with { Reason = refusal };
        }
        catch (InvalidInputException error)
        {
            return finding with { Reason = error.Message };
        }
    }

    private static SignatureFinding ByKey(SignatureFinding finding, SigstoreBundle bundle, SignaturePolicy policy)
    {
        var message = SigstoreBundle.PreAuthenticationEncoding(InTotoStatement.PayloadType, bundle.Payload.Span);
        if (bundle.KeyHint is { } hint)
        {
            finding = finding with { Signer = $"key {NameRules.Shown(hint)}" };
            if (policy.Keys.FirstOrDefault(key => string.Equals(key.Fingerprint, hint, StringComparison.OrdinalIgnoreCase)) is not { } trusted)
            {
                return finding with
                {
                    Reason = $"it was signed with the key {NameRules.Shown(hint)}, which is not trusted here; trusted are {(policy.Keys.Count == 0 ? "no keys" : string.Join(", ", policy.Keys))}",
                };
            }

            return trusted.Key.Verify(message, bundle.Signature.Span)
                ? Accept(finding, trusted)
                : finding with { Signer = trusted.ToString(), Reason = $"its signature does not fit its content and {trusted}: one of them was changed" };
        }

        return policy.Keys.FirstOrDefault(key => key.Key.Verify(message, bundle.Signature.Span)) is { } found
            ? Accept(finding, found)
            : finding with { Signer = "a key that it does not name", Reason = "its signature fits none of the trusted keys, or its content was changed" };
    }

    private static SignatureFinding ByCertificate(SignatureFinding finding, SigstoreBundle bundle, SignaturePolicy policy, DateTimeOffset at)
    {
        var (root, subject, reason) = CertificateCheck.Verify(bundle.Certificates, policy.Roots, at);
        finding = finding with { Signer = $"certificate '{subject}'" };
        if (root is null)
            return finding with { Reason = reason };
        var key = SigningKey.FromCertificate(bundle.Certificates[0]);
        if (!key.Verify(SigstoreBundle.PreAuthenticationEncoding(InTotoStatement.PayloadType, bundle.Payload.Span), bundle.Signature.Span))
            return finding with { Reason = $"its signature does not fit its content and the certificate of '{subject}': one of them was changed" };
        return finding with
        {
            Signer = $"certificate '{subject}' under root '{root.Name}'",
            Identity = $"root:{root.Name}:{subject}",
            KeyFingerprint = key.Fingerprint,
        };
    }

    private static SignatureFinding Accept(SignatureFinding finding, TrustedKey key) =>
        finding with { Signer = key.ToString(), Identity = "key:" + key.Fingerprint, KeyFingerprint = key.Fingerprint };
}
