namespace MlOps.Registry;

/// <summary>Signs with one key. <see cref="ModelSigner"/> has keys in memory; implement it for keys that stay in a device or a service. Thread-safe.</summary>
public interface IModelSigner
{
    /// <summary>The public key as PEM (<c>-----BEGIN PUBLIC KEY-----</c>), on P-256, P-384 or P-521.</summary>
    string PublicKeyPem { get; }

    /// <summary>The certificate of the key, then its issuers without the root, in DER; empty for a bare key.</summary>
    IReadOnlyList<ReadOnlyMemory<byte>> Certificates { get; }

    /// <summary>Signs bytes with ECDSA: SHA-256 on P-256, SHA-384 on P-384, SHA-512 on P-521.</summary>
    /// <param name="message">The bytes, not their hash.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The signature in DER (RFC 3279).</returns>
    ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken = default);
}
