namespace MlOps.Registry;

/// <summary>A public key whose signatures an environment trusts.</summary>
public sealed class TrustedKey
{
    /// <summary>Reads a trusted key.</summary>
    /// <param name="name">A name for messages, for instance <c>release</c>.</param>
    /// <param name="publicKeyPem">The key as PEM, as <c>openssl ec -pubout</c> writes it.</param>
    /// <exception cref="InvalidInputException">The text is not a public key on P-256, P-384 or P-521.</exception>
    public TrustedKey(string name, string publicKeyPem)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Name = name;
        Key = SigningKey.FromPem($"The trusted key '{NameRules.Shown(name)}'", publicKeyPem);
    }

    /// <summary>Its name in messages.</summary>
    public string Name { get; }

    /// <summary>The SHA-256 of the key's PEM text (SubjectPublicKeyInfo, line feeds) in hexadecimal: what <c>sha256sum key.pub.pem</c> says.</summary>
    public string Fingerprint => Key.Fingerprint;

    internal SigningKey Key { get; }

    /// <inheritdoc />
    public override string ToString() => $"key '{Name}' ({Fingerprint[..12]})";
}
