using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace MlOps.Registry;

/// <summary>A public key on one of the three curves that model signatures may use, each with its hash. Thread-safe.</summary>
internal sealed class SigningKey
{
    private readonly byte[] _spki;

    private SigningKey(ECDsa key, string what)
    {
        (Curve, Hash) = Choose(key, what);
        _spki = key.ExportSubjectPublicKeyInfo();

        // The PEM text as OpenSSL and Python's cryptography write it: lines of 64, a line feed at the end.
        Pem = PemEncoding.WriteString("PUBLIC KEY", _spki).ReplaceLineEndings("\n") + "\n";
        Fingerprint = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(Pem)));
    }

    public string Curve { get; }

    public HashAlgorithmName Hash { get; }

    public string Pem { get; }

    public string Fingerprint { get; }

    public static SigningKey FromPem(string what, string pem)
    {
        ArgumentNullException.ThrowIfNull(pem);
        if (pem.Length > 64 << 10)
            throw new InvalidInputException($"{what} has {pem.Length} characters; a PEM of a public key has a few hundred.");
        try
        {
            if (!PemEncoding.TryFind(pem, out var fields) || pem[fields.Label] != "PUBLIC KEY")
                throw new InvalidInputException($"{what} is not a PEM of a public key: expected '-----BEGIN PUBLIC KEY-----', as 'openssl ec -pubout' writes it.");
            using var key = ECDsa.Create();
            key.ImportFromPem(pem);
            return new SigningKey(key, what);
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            throw new InvalidInputException($"{what} cannot be read as an elliptic-curve key: {error.Message}", error);
        }
    }

    public static SigningKey FromCertificate(ReadOnlyMemory<byte> der)
    {
        try
        {
            using var certificate = X509CertificateLoader.LoadCertificate(der.Span);
            return FromCertificate(certificate);
        }
        catch (CryptographicException error)
        {
            throw new InvalidInputException($"The signing certificate cannot be read: {error.Message}", error);
        }
    }

    public static SigningKey FromCertificate(X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPublicKey() ?? throw new InvalidInputException(
            $"The certificate of '{NameRules.Shown(certificate.Subject)}' has a key of another kind ({certificate.PublicKey.Oid.FriendlyName ?? certificate.PublicKey.Oid.Value}): use ECDSA on P-256, P-384 or P-521.");
        return new SigningKey(key, $"The certificate of '{NameRules.Shown(certificate.Subject)}'");
    }

    public static SigningKey FromKey(ECDsa key) => new(key, "The signing key");

    public static (string Curve, HashAlgorithmName Hash) Choose(ECDsa key, string what)
    {
        var curve = key.ExportParameters(includePrivateParameters: false).Curve;
        return curve.IsNamed ? (curve.Oid.Value ?? curve.Oid.FriendlyName) switch
        {
            "1.2.840.10045.3.1.7" or "nistP256" => ("P-256", HashAlgorithmName.SHA256),
            "1.3.132.0.34" or "nistP384" => ("P-384", HashAlgorithmName.SHA384),
            "1.3.132.0.35" or "nistP521" => ("P-521", HashAlgorithmName.SHA512),
            var other => throw new InvalidInputException($"{what} lies on the curve {curve.Oid.FriendlyName ?? other}: use P-256, P-384 or P-521."),
        } : throw new InvalidInputException($"{what} lies on a curve of its own parameters: use P-256, P-384 or P-521 by name.");
    }

    public bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(_spki, out _);
        try
        {
            return key.VerifyData(message, signature, Hash, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
