using System.Globalization;
using System.Text;
using System.Text.Json;

namespace MlOps.Registry;

/// <summary>
/// A Sigstore bundle v0.3 with a DSSE envelope around an in-toto statement: the file that OpenSSF Model Signing calls <c>model.sig</c>.
/// Key-based and certificate-based bundles are read and written; keyless ones (Fulcio certificate) are refused. Entries of a
/// transparency log are carried by others' bundles and are not looked at. Immutable.
/// </summary>
public sealed class SigstoreBundle
{
    /// <summary>The media type of the bundle.</summary>
    public const string MediaType = "application/vnd.dev.sigstore.bundle.v0.3+json";

    /// <summary>The largest bundle, and the largest statement, that is read.</summary>
    public const int MaximumBytes = 16 << 20;

    private const int MaximumCertificates = 10;
    private const int MaximumCertificateBytes = 64 << 10;

    private SigstoreBundle(byte[] payload, byte[] signature, string? keyHint, IReadOnlyList<ReadOnlyMemory<byte>> certificates)
    {
        Payload = payload;
        Signature = signature;
        KeyHint = keyHint;
        Certificates = certificates;
    }

    /// <summary>The signed bytes: the statement.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>The ECDSA signature in DER over <see cref="PreAuthenticationEncoding"/>.</summary>
    public ReadOnlyMemory<byte> Signature { get; }

    /// <summary>The fingerprint of the signing key (<see cref="TrustedKey.Fingerprint"/>), or null when the bundle carries certificates or no hint.</summary>
    public string? KeyHint { get; }

    /// <summary>The signing certificate, then its issuers, in DER; empty when it was signed with a bare key.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Certificates { get; }

    /// <summary>The bytes that are signed, by DSSE v1: <c>DSSEv1 LEN(type) type LEN(payload) payload</c>.</summary>
    /// <param name="payloadType">The type.</param>
    /// <param name="payload">The payload.</param>
    /// <returns>The bytes.</returns>
    public static byte[] PreAuthenticationEncoding(string payloadType, ReadOnlySpan<byte> payload)
    {
        ArgumentNullException.ThrowIfNull(payloadType);
        var head = Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"DSSEv1 {Encoding.UTF8.GetByteCount(payloadType)} {payloadType} {payload.Length} "));
        return [.. head, .. payload];
    }

    /// <summary>Signs a statement.</summary>
    /// <param name="statement">The statement.</param>
    /// <param name="signer">Whose key.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The bundle.</returns>
    /// <exception cref="InvalidInputException">The signer's key is not supported, or its signature does not fit its key.</exception>
    public static async ValueTask<SigstoreBundle> SignAsync(InTotoStatement statement, IModelSigner signer, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(statement);
        ArgumentNullException.ThrowIfNull(signer);
        var payload = statement.ToJson();
        if (payload.Length > MaximumBytes / 2)
            throw new InvalidInputException($"The statement has {payload.Length} bytes; at most {MaximumBytes / 2} are signed.");
        var key = SigningKey.FromPem("The signer's public key", signer.PublicKeyPem);
        var message = PreAuthenticationEncoding(InTotoStatement.PayloadType, payload);
        var signature = await signer.SignAsync(message, cancellationToken).ConfigureAwait(false);

        // A device that signs with another key or hash than it says is found here and not in production.
        if (!key.Verify(message, signature))
            throw new InvalidInputException($"The signer's signature does not fit its public key {key.Fingerprint}: expected ECDSA on {key.Curve} with {key.Hash} in DER.");
        if (signer.Certificates.Count > 0 && SigningKey.FromCertificate(signer.Certificates[0]).Fingerprint != key.Fingerprint)
            throw new InvalidInputException($"The signer's first certificate is not that of its public key {key.Fingerprint}.");
        return new SigstoreBundle(payload, signature, signer.Certificates.Count > 0 ? null : key.Fingerprint, signer.Certificates);
    }

    /// <summary>Reads a bundle. Nothing is verified but its form.</summary>
    /// <param name="utf8">The bytes.</param>
    /// <returns>The bundle.</returns>
    /// <exception cref="InvalidInputException">The bytes are not such a bundle; the message says why.</exception>
    public static SigstoreBundle Parse(ReadOnlyMemory<byte> utf8) => StrictJson.Read("The signature bundle", utf8, MaximumBytes, root =>
    {
        if (StrictJson.String(root, "mediaType", "the signature bundle") is var mediaType && mediaType != MediaType)
            throw new InvalidInputException($"The signature bundle has the media type '{NameRules.Shown(mediaType)}'; '{MediaType}' is read. Sign again with a current tool.");
        if (root.TryGetProperty("messageSignature", out _))
            throw new InvalidInputException("The signature bundle holds a bare message signature; only DSSE envelopes with in-toto statements are read.");
        StrictJson.OnlyFields(root, "The signature bundle", "mediaType", "verificationMaterial", "dsseEnvelope");
        var (hint, certificates) = ReadMaterial(StrictJson.Object(root, "verificationMaterial", "the signature bundle"));
        var (payload, signature) = ReadEnvelope(StrictJson.Object(root, "dsseEnvelope", "the signature bundle"));
        return new SigstoreBundle(payload, signature, hint, certificates);
    });

    /// <summary>Writes the bundle.</summary>
    /// <returns>UTF-8 bytes.</returns>
    public byte[] ToJson() => StoredJson.Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("mediaType", MediaType);
        writer.WriteStartObject("verificationMaterial");
        if (Certificates.Count > 0)
        {
            writer.WriteStartObject("x509CertificateChain");
            writer.WriteStartArray("certificates");
            foreach (var certificate in Certificates)
            {
                writer.WriteStartObject();
                writer.WriteBase64String("rawBytes", certificate.Span);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        else
        {
            writer.WriteStartObject("publicKey");
            writer.WriteString("hint", KeyHint ?? "");
            writer.WriteEndObject();
        }

        writer.WriteStartArray("tlogEntries");
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteStartObject("dsseEnvelope");
        writer.WriteBase64String("payload", Payload.Span);
        writer.WriteString("payloadType", InTotoStatement.PayloadType);
        writer.WriteStartArray("signatures");
        writer.WriteStartObject();
        writer.WriteBase64String("sig", Signature.Span);
        writer.WriteString("keyid", "");
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndObject();
    });

    /// <summary>Reads the payload.</summary>
    /// <returns>The statement.</returns>
    /// <exception cref="InvalidInputException">The payload is not a statement.</exception>
    public InTotoStatement ReadStatement() => InTotoStatement.Parse(Payload);

    private static (string? Hint, IReadOnlyList<ReadOnlyMemory<byte>> Certificates) ReadMaterial(JsonElement material)
    {
        const string What = "the verification material";
        if (material.TryGetProperty("certificate", out _))
            throw new InvalidInputException("The bundle was signed without a key of its own (Fulcio certificate), which is not supported: sign with a key or with a certificate chain.");
        StrictJson.OnlyFields(material, "The verification material", "publicKey", "x509CertificateChain", "tlogEntries", "timestampVerificationData");
        if (material.TryGetProperty("publicKey", out var key) == material.TryGetProperty("x509CertificateChain", out _))
            throw new InvalidInputException("The verification material needs either a publicKey or an x509CertificateChain, and not both.");
        if (key.ValueKind != JsonValueKind.Undefined)
            return (ReadHint(key), []);
        var certificates = new List<ReadOnlyMemory<byte>>();
        foreach (var certificate in StrictJson.Array(StrictJson.Object(material, "x509CertificateChain", What), "certificates", "the certificate chain").EnumerateArray())
        {
            if (certificates.Count == MaximumCertificates)
                throw new InvalidInputException($"The certificate chain has more than {MaximumCertificates} certificates.");
            var bytes = StrictJson.Base64(StrictJson.String(certificate, "rawBytes", "a certificate of the chain"), "A certificate of the chain");
            if (bytes.Length > MaximumCertificateBytes)
                throw new InvalidInputException($"A certificate of the chain has {bytes.Length} bytes; at most {MaximumCertificateBytes} are read.");
            certificates.Add(bytes);
        }

        return certificates.Count > 0 ? (null, certificates) : throw new InvalidInputException("The certificate chain is empty.");
    }

    // Before 1.0.1, model_signing wrote the key's PEM text itself instead of its digest.
    private static string? ReadHint(JsonElement key)
    {
        StrictJson.OnlyFields(key, "The public key", "hint", "rawBytes", "keyDetails");
        if (key.TryGetProperty("hint", out _) && StrictJson.String(key, "hint", "the public key") is { Length: > 0 } hint)
            return hint;
        return key.TryGetProperty("rawBytes", out _)
            ? ArtifactDigest.Of(StrictJson.Base64(StrictJson.String(key, "rawBytes", "the public key"), "The public key")).Hex
            : null;
    }

    private static (byte[] Payload, byte[] Signature) ReadEnvelope(JsonElement envelope)
    {
        const string What = "the DSSE envelope";
        StrictJson.OnlyFields(envelope, "The DSSE envelope", "payload", "payloadType", "signatures");
        if (StrictJson.String(envelope, "payloadType", What) is var type && type != InTotoStatement.PayloadType)
            throw new InvalidInputException($"The DSSE envelope has the payload type '{NameRules.Shown(type)}'; '{InTotoStatement.PayloadType}' is read.");
        var signatures = StrictJson.Array(envelope, "signatures", What);
        if (signatures.GetArrayLength() != 1)
            throw new InvalidInputException($"The DSSE envelope has {signatures.GetArrayLength()} signatures; a bundle has exactly one.");
        StrictJson.OnlyFields(signatures[0], "The signature", "sig", "keyid");
        return (StrictJson.Base64(StrictJson.String(envelope, "payload", What), "The payload"),
            StrictJson.Base64(StrictJson.String(signatures[0], "sig", "the signature"), "The signature"));
    }
}
