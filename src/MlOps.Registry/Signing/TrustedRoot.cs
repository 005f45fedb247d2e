using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MlOps.Registry;

/// <summary>A root certificate whose holders' signatures an environment trusts. The system's own roots never count.</summary>
public sealed class TrustedRoot
{
    /// <summary>Reads a trusted root.</summary>
    /// <param name="name">A name for messages, for instance <c>corporate</c>.</param>
    /// <param name="certificatePem">The certificate as PEM.</param>
    /// <param name="subjects">Whose signatures count: distinguished names as <c>CN=ci, O=Example</c>, common names, or e-mail addresses, URIs and DNS names of the subject's alternative name, exactly; none for everybody under the root.</param>
    /// <exception cref="InvalidInputException">The text is not one certificate.</exception>
    public TrustedRoot(string name, string certificatePem, params IEnumerable<string> subjects)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(certificatePem);
        ArgumentNullException.ThrowIfNull(subjects);
        Name = name;
        Subjects = [.. subjects];
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(certificatePem);
        }
        catch (CryptographicException error)
        {
            throw new InvalidInputException($"The trusted root '{NameRules.Shown(name)}' cannot be read as a certificate: {error.Message}", error);
        }

        if (certificates.Count != 1)
            throw new InvalidInputException($"The trusted root '{NameRules.Shown(name)}' holds {certificates.Count} certificates; give one PEM ('-----BEGIN CERTIFICATE-----') to each root.");
        Certificate = certificates[0];
    }

    /// <summary>Its name in messages.</summary>
    public string Name { get; }

    /// <summary>Whose signatures count; empty for everybody under the root.</summary>
    public IReadOnlyList<string> Subjects { get; }

    internal X509Certificate2 Certificate { get; }

    /// <inheritdoc />
    public override string ToString() =>
        $"root '{Name}' ({Certificate.Subject})" + (Subjects.Count == 0 ? "" : $" for {string.Join(" or ", Subjects)}");
}
