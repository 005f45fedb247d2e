using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MlOps.Registry;

/// <summary>Signs with an ECDSA key in memory, bare or with its certificates. Thread-safe.</summary>
public sealed class ModelSigner : IModelSigner, IDisposable
{
    private readonly ECDsa _key;
    private readonly SigningKey _public;
    private readonly Lock _gate = new();

    private ModelSigner(ECDsa key, IReadOnlyList<ReadOnlyMemory<byte>> certificates)
    {
        _key = key;
        _public = SigningKey.FromKey(key);
        Certificates = certificates;
    }

    /// <inheritdoc />
    public string PublicKeyPem => _public.Pem;

    /// <summary>The fingerprint by which a policy's key is recognised: the SHA-256 of <see cref="PublicKeyPem"/> in hexadecimal.</summary>
    public string Fingerprint => _public.Fingerprint;

    /// <inheritdoc />
    public IReadOnlyList<ReadOnlyMemory<byte>> Certificates { get; }

    /// <summary>A signer with a private key, as <c>openssl ecparam -name prime256v1 -genkey -noout</c> writes it (SEC1 or PKCS#8).</summary>
    /// <param name="privateKeyPem">The PEM text.</param>
    /// <param name="password">The password of an encrypted PKCS#8 key; null for a plain one.</param>
    /// <returns>The signer.</returns>
    /// <exception cref="InvalidInputException">It is not a private key on P-256, P-384 or P-521.</exception>
    public static ModelSigner FromPem(string privateKeyPem, string? password = null) => new(ReadKey(privateKeyPem, password), []);

    /// <summary>A signer with a key of the caller's.</summary>
    /// <param name="key">The key; the signer disposes it.</param>
    /// <returns>The signer.</returns>
    /// <exception cref="InvalidInputException">It is not on P-256, P-384 or P-521.</exception>
    public static ModelSigner FromKey(ECDsa key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return new ModelSigner(key, []);
    }

    /// <summary>A signer with a certificate and its private key.</summary>
    /// <param name="certificate">The certificate with its private key.</param>
    /// <param name="issuers">The certificates between it and the root.</param>
    /// <returns>The signer.</returns>
    /// <exception cref="InvalidInputException">The certificate has no private key, or not one on P-256, P-384 or P-521.</exception>
    public static ModelSigner FromCertificate(X509Certificate2 certificate, params IEnumerable<X509Certificate2> issuers)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        ArgumentNullException.ThrowIfNull(issuers);
        var key = certificate.GetECDsaPrivateKey() ?? throw new InvalidInputException(
            $"The certificate of '{NameRules.Shown(certificate.Subject)}' comes without an ECDSA private key: load it together with its key.");
        return new ModelSigner(key, [certificate.RawData, .. issuers.Select(issuer => (ReadOnlyMemory<byte>)issuer.RawData)]);
    }

    /// <summary>A signer with a certificate and its private key from PEM texts.</summary>
    /// <param name="certificatesPem">The certificate, followed by its issuers without the root.</param>
    /// <param name="privateKeyPem">The private key.</param>
    /// <param name="password">The password of an encrypted PKCS#8 key; null for a plain one.</param>
    /// <returns>The signer.</returns>
    /// <exception cref="InvalidInputException">The texts are not such a certificate and key, or do not belong together.</exception>
    public static ModelSigner FromCertificatePem(string certificatesPem, string privateKeyPem, string? password = null)
    {
        ArgumentNullException.ThrowIfNull(certificatesPem);
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(certificatesPem);
        }
        catch (CryptographicException error)
        {
            throw new InvalidInputException($"The certificates cannot be read: {error.Message}", error);
        }

        if (certificates.Count == 0)
            throw new InvalidInputException("The text holds no certificate: expected '-----BEGIN CERTIFICATE-----'.");
        var signer = new ModelSigner(ReadKey(privateKeyPem, password), [.. certificates.Select(certificate => (ReadOnlyMemory<byte>)certificate.RawData)]);
        if (SigningKey.FromCertificate(certificates[0]).Fingerprint == signer.Fingerprint)
            return signer;
        signer.Dispose();
        throw new InvalidInputException($"The private key is not that of the certificate of '{NameRules.Shown(certificates[0].Subject)}'. Put the signing certificate first.");
    }

    /// <inheritdoc />
    public ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
            return new(_key.SignData(message.Span, _public.Hash, DSASignatureFormat.Rfc3279DerSequence));
    }

    /// <summary>Releases the key.</summary>
    public void Dispose() => _key.Dispose();

    private static ECDsa ReadKey(string pem, string? password)
    {
        ArgumentNullException.ThrowIfNull(pem);
        var key = ECDsa.Create();
        try
        {
            if (password is null)
                key.ImportFromPem(pem);
            else
                key.ImportFromEncryptedPem(pem, password);
            _ = SigningKey.Choose(key, "The signing key");
            _ = key.SignHash(new byte[32]); // a public key in the text shows here
            return key;
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            key.Dispose();
            throw new InvalidInputException($"The signing key cannot be read as an elliptic-curve private key: {error.Message}", error);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }
}
