using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MlOps.Registry;

/// <summary>
/// Verifies a certificate chain against given roots only, at a given moment and without any network: no downloads and no revocation
/// lists. The signing certificate must be meant for signing (key usage digitalSignature; an extended key usage must list code signing).
/// </summary>
internal static class CertificateCheck
{
    private const string CodeSigning = "1.3.6.1.5.5.7.3.3";
    private const string AnyUsage = "2.5.29.37.0";

    // MD5 and SHA-1 with RSA, DSA and ECDSA: forgeable by collision.
    private static readonly string[] BrokenAlgorithms =
        ["1.2.840.113549.1.1.4", "1.2.840.113549.1.1.5", "1.2.840.10040.4.3", "1.2.840.10045.4.1", "1.2.840.113549.1.1.2", "1.2.840.113549.1.1.3"];

    /// <returns>The root and subject that vouch for the signing certificate, or why none does.</returns>
    public static (TrustedRoot? Root, string Subject, string Reason) Verify(IReadOnlyList<ReadOnlyMemory<byte>> encoded, IReadOnlyList<TrustedRoot> roots, DateTimeOffset at)
    {
        var certificates = new List<X509Certificate2>(encoded.Count);
        try
        {
            foreach (var der in encoded)
                certificates.Add(X509CertificateLoader.LoadCertificate(der.Span));
            var leaf = certificates[0];
            var subject = NameRules.Shown(leaf.Subject);
            if (roots.Count == 0)
                return (null, subject, $"it was signed with the certificate of '{subject}', and no root certificate is trusted here");
            if (FindMisuse(leaf, at) is { } misuse)
                return (null, subject, misuse);
            var reasons = new List<string>();
            foreach (var root in roots)
            {
                var reason = CheckChain(certificates, root, at);
                if (reason is null && root.Subjects.Count > 0 && !CertificateNames.Of(leaf).Intersect(root.Subjects, StringComparer.Ordinal).Any())
                    reason = $"its subject '{subject}' is none of {string.Join(", ", root.Subjects)}";
                if (reason is null)
                    return (root, subject, "");
                reasons.Add($"by root '{root.Name}': {reason}");
            }

            return (null, subject, $"the certificate of '{subject}' is not trusted {string.Join("; ", reasons)}");
        }
        catch (CryptographicException error)
        {
            return (null, "", $"its certificates cannot be read: {error.Message}");
        }
        finally
        {
            foreach (var certificate in certificates)
                certificate.Dispose();
        }
    }

    private static string? FindMisuse(X509Certificate2 leaf, DateTimeOffset at)
    {
        var subject = NameRules.Shown(leaf.Subject);
        if (at.UtcDateTime < leaf.NotBefore.ToUniversalTime())
            return $"the certificate of '{subject}' is not valid before {Text(leaf.NotBefore)}; the signature is of {Text(at.UtcDateTime)}";
        if (at.UtcDateTime > leaf.NotAfter.ToUniversalTime())
            return $"the certificate of '{subject}' expired at {Text(leaf.NotAfter)}; the signature is of {Text(at.UtcDateTime)}";
        var usage = leaf.Extensions.OfType<X509KeyUsageExtension>().FirstOrDefault();
        if (usage is null || !usage.KeyUsages.HasFlag(X509KeyUsageFlags.DigitalSignature))
            return $"the certificate of '{subject}' is not meant for signing: its key usage is {(usage is null ? "absent" : usage.KeyUsages.ToString())}, and digitalSignature is needed";
        var extended = leaf.Extensions.OfType<X509EnhancedKeyUsageExtension>().FirstOrDefault();
        if (extended is not null && !extended.EnhancedKeyUsages.Cast<Oid>().Any(purpose => purpose.Value is CodeSigning or AnyUsage))
            return $"the certificate of '{subject}' is not meant for code signing: its extended key usage is {string.Join(", ", extended.EnhancedKeyUsages.Cast<Oid>().Select(purpose => purpose.FriendlyName ?? purpose.Value))}";
        return null;
    }

    private static string? CheckChain(List<X509Certificate2> certificates, TrustedRoot root, DateTimeOffset at)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(root.Certificate);
        chain.ChainPolicy.ExtraStore.AddRange(certificates.Skip(1).ToArray());
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = at.LocalDateTime;
        var built = chain.Build(certificates[0]);
        try
        {
            if (!built)
                return string.Join(", ", chain.ChainStatus.Select(status => $"{status.Status} ({status.StatusInformation.Trim()})").Distinct(StringComparer.Ordinal));
            var weak = chain.ChainElements.SkipLast(1).FirstOrDefault(element => BrokenAlgorithms.Contains(element.Certificate.SignatureAlgorithm.Value));
            return weak is null
                ? null
                : $"the certificate of '{NameRules.Shown(weak.Certificate.Subject)}' is signed with {weak.Certificate.SignatureAlgorithm.FriendlyName}, which can be forged";
        }
        finally
        {
            foreach (var element in chain.ChainElements)
                element.Certificate.Dispose();
        }
    }

    private static string Text(DateTime moment) => moment.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
