using MlOps.Testing;

namespace MlOps.Registry.Tests;

/// <summary>Keys and certificates made by openssl, once for all tests: a root, an issuer below it, and signers good and bad.</summary>
public sealed class Authority : IDisposable
{
    private const string Configuration = """
        [ca]
        default_ca = d
        [d]
        database = ./index.txt
        new_certs_dir = .
        default_md = sha256
        policy = p
        unique_subject = no
        rand_serial = yes
        [p]
        commonName = supplied
        organizationName = optional
        [root]
        basicConstraints = critical,CA:TRUE
        keyUsage = critical,keyCertSign
        subjectKeyIdentifier = hash
        [leaf]
        basicConstraints = critical,CA:FALSE
        keyUsage = critical,digitalSignature
        extendedKeyUsage = codeSigning
        subjectAltName = email:ci@example.com,URI:https://ci.example.com/sign
        [server]
        keyUsage = critical,digitalSignature
        extendedKeyUsage = serverAuth
        [contract]
        keyUsage = critical,nonRepudiation
        [bare]
        subjectKeyIdentifier = hash
        """;

    private readonly TemporaryDirectory _directory = new();

    public Authority()
    {
        if (!OpenSsl.IsAvailable)
            return;
        File.WriteAllText(Path.Combine(Directory, "ca.cnf"), Configuration);
        File.WriteAllText(Path.Combine(Directory, "index.txt"), "");
        foreach (var (name, curve) in new[] { ("p256", "prime256v1"), ("p384", "secp384r1"), ("p521", "secp521r1"), ("k256", "secp256k1") })
        {
            OpenSsl.Run(Directory, "ecparam", "-name", curve, "-genkey", "-noout", "-out", $"{name}.key.pem");
            OpenSsl.Run(Directory, "ec", "-in", $"{name}.key.pem", "-pubout", "-out", $"{name}.pub.pem");
        }

        Issue("root", null, "root");
        Issue("issuer", "root", "root");
        Issue("signer", "issuer", "leaf");
        Issue("expired", "issuer", "leaf", "20220101000000Z");
        Issue("server", "issuer", "server");
        Issue("contract", "issuer", "contract");
        Issue("bare", "issuer", "bare");
        Issue("self", null, "leaf");
        Issue("stranger-root", null, "root");
        Issue("stranger", "stranger-root", "leaf");
    }

    public string Directory => _directory.Path;

    public string Text(string file) => File.ReadAllText(Path.Combine(Directory, file));

    public ModelSigner Key(string name) => ModelSigner.FromPem(Text($"{name}.key.pem"));

    public ModelSigner Certificate(string name, string? issuer = "issuer") =>
        ModelSigner.FromCertificatePem(Text($"{name}.pem") + (issuer is null ? "" : Text($"{issuer}.pem")), Text($"{name}.key.pem"));

    public SignaturePolicy Trusting(params string[] keys) => new() { Keys = [.. keys.Select(key => new TrustedKey(key, Text($"{key}.pub.pem")))] };

    public SignaturePolicy TrustingRoot(string root = "root", params string[] subjects) => new() { Roots = [new TrustedRoot(root, Text($"{root}.pem"), subjects)] };

    public void Dispose() => _directory.Dispose();

    private void Issue(string name, string? issuer, string extensions, string until = "20900101000000Z")
    {
        OpenSsl.Run(Directory, "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", $"{name}.key.pem");
        OpenSsl.Run(Directory, "req", "-new", "-key", $"{name}.key.pem", "-subj", $"/O=Example/CN={name}", "-out", $"{name}.csr");
        string[] by = issuer is null ? ["-selfsign", "-keyfile", $"{name}.key.pem"] : ["-cert", $"{issuer}.pem", "-keyfile", $"{issuer}.key.pem"];
        OpenSsl.Run(Directory, ["ca", "-batch", "-notext", "-config", "ca.cnf", .. by, "-in", $"{name}.csr", "-out", $"{name}.pem",
            "-extensions", extensions, "-startdate", "20200101000000Z", "-enddate", until]);
    }
}
