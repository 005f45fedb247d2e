using System.Security.Cryptography;

namespace MlOps;

/// <summary>A key that checks the signatures of checkpoints.</summary>
public sealed class AuditPublicKey
{
    private readonly byte[] _key;

    /// <summary>Takes a key over.</summary>
    /// <param name="name">The name that the signature line bears.</param>
    /// <param name="subjectPublicKeyInfo">The ECDSA key in DER.</param>
    /// <exception cref="InvalidInputException">The name is not allowed, or the bytes are no such key.</exception>
    public AuditPublicKey(string name, ReadOnlyMemory<byte> subjectPublicKeyInfo)
    {
        AuditSigner.CheckName(name);
        Name = name;
        _key = subjectPublicKeyInfo.ToArray();
        try
        {
            using var key = ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(_key, out _);
        }
        catch (CryptographicException error)
        {
            throw new InvalidInputException($"The audit key '{name}' is not an ECDSA public key in SubjectPublicKeyInfo form: {error.Message}", error);
        }

        Id = Convert.ToHexStringLower(SHA256.HashData(_key).AsSpan(0, 4));
    }

    /// <summary>The name that the signature line bears.</summary>
    public string Name { get; }

    /// <summary>The first four bytes of the SHA-256 of the key, in hexadecimal.</summary>
    public string Id { get; }

    /// <summary>Reads a key from PEM.</summary>
    /// <param name="name">The name that the signature line bears.</param>
    /// <param name="pem">The key as <c>-----BEGIN PUBLIC KEY-----</c>.</param>
    /// <returns>The key.</returns>
    /// <exception cref="InvalidInputException">The text is no such key.</exception>
    public static AuditPublicKey FromPem(string name, string pem)
    {
        ArgumentNullException.ThrowIfNull(pem);
        try
        {
            using var key = ECDsa.Create();
            key.ImportFromPem(pem);
            return new AuditPublicKey(name, key.ExportSubjectPublicKeyInfo());
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            throw new InvalidInputException($"The audit key '{name}' is not an ECDSA public key in PEM: {error.Message}", error);
        }
    }

    internal bool Verifies(ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature)
    {
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(_key, out _);
        return key.VerifyData(text, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }
}
