using System.Security.Cryptography;

namespace MlOps;

/// <summary>Signs checkpoints with an ECDSA key (P-256). The key stays its owner's; thread-safe as far as the key is.</summary>
public sealed class AuditSigner
{
    private readonly ECDsa _key;

    /// <summary>Takes a key.</summary>
    /// <param name="name">The signer's name, for instance <c>ml.example.com/audit</c>: not empty, without white space and <c>+</c>.</param>
    /// <param name="key">The private key; dispose it yourself.</param>
    /// <exception cref="InvalidInputException">The name is not allowed.</exception>
    public AuditSigner(string name, ECDsa key)
    {
        ArgumentNullException.ThrowIfNull(key);
        CheckName(name);
        _key = key;
        PublicKey = new AuditPublicKey(name, key.ExportSubjectPublicKeyInfo());
    }

    /// <summary>The key that checks what this one signs.</summary>
    public AuditPublicKey PublicKey { get; }

    internal static void CheckName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length is 0 or > 200 || name.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || c == '+'))
            throw new InvalidInputException($"The signer's name '{name}' is not allowed: use 1 to 200 characters without white space and '+'.");
    }

    internal byte[] Sign(ReadOnlySpan<byte> text) => _key.SignData(text, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
}
