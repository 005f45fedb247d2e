using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using MlOps.Testing;

namespace MlOps.Registry.Tests;

/// <summary>Directories signed by others: the fixtures were listed by a Python script and signed by openssl, without our code.</summary>
public sealed class ModelSigningTests : IDisposable
{
    private static readonly string Fixtures = Path.Combine(AppContext.BaseDirectory, "Fixtures", "signing");
    private static readonly SignaturePolicy Key = new() { Keys = [new TrustedKey("fixture", File.ReadAllText(Path.Combine(Fixtures, "key.pub.pem")))] };
    private static readonly SignaturePolicy Root = new() { Roots = [new TrustedRoot("fixture", File.ReadAllText(Path.Combine(Fixtures, "root.pem")), "ci@example.com")] };
    private static readonly DirectorySigningOptions At = new() { At = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero) };

    private readonly TemporaryDirectory _temporary = new();
    private readonly string _model;

    public ModelSigningTests()
    {
        _model = Path.Combine(_temporary.Path, "model");
        Directory.CreateDirectory(Path.Combine(_model, "sub"));
        foreach (var file in Directory.GetFiles(Path.Combine(Fixtures, "model"), "*", SearchOption.AllDirectories))
            File.Copy(file, Path.Combine(_model, Path.GetRelativePath(Path.Combine(Fixtures, "model"), file)));
        File.Copy(Path.Combine(Fixtures, "key.sig"), Path.Combine(_model, "model.sig"));
    }

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public async Task Verify_DirectorySignedByOpenSsl_IsAccepted()
    {
        var byKey = await VerifyAsync();
        byKey.Accepted.Should().BeTrue(byKey.Reason);
        byKey.Covered.Should().Equal("config.json", "sub/tokens.txt", "weights.bin");
        var byCertificate = await ModelSigning.VerifyDirectoryAsync(_model, File.ReadAllBytes(Path.Combine(Fixtures, "certificate.sig")), Root, At);
        byCertificate.Accepted.Should().BeTrue(byCertificate.Reason);
        byCertificate.Signer.Should().Contain("CN=fixture signer");
    }

    [Fact]
    public async Task Verify_ChangedFiles_AreNamed()
    {
        File.WriteAllText(Path.Combine(_model, "extra.py"), "");
        (await VerifyAsync()).Reason.Should().Contain("added after signing: extra.py");
        File.Move(Path.Combine(_model, "weights.bin"), Path.Combine(_model, "weights2.bin"));
        File.Delete(Path.Combine(_model, "extra.py"));
        (await VerifyAsync()).Reason.Should().Contain("added after signing: weights2.bin; missing: weights.bin");
        File.Delete(Path.Combine(_model, "weights2.bin"));
        (await VerifyAsync()).Reason.Should().Contain("missing: weights.bin");
    }

    [Fact]
    public async Task Verify_EachFlippedByteOfAFile_IsRefused()
    {
        var path = Path.Combine(_model, "weights.bin");
        var bytes = File.ReadAllBytes(path);
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] ^= 0x10;
            File.WriteAllBytes(path, bytes);
            (await VerifyAsync()).Reason.Should().Contain("changed after signing: weights.bin");
            bytes[i] ^= 0x10;
        }

        File.WriteAllBytes(path, bytes[..^1]);
        (await VerifyAsync()).Accepted.Should().BeFalse();
        File.WriteAllBytes(path, bytes);
        (await VerifyAsync()).Accepted.Should().BeTrue();
    }

    [Fact]
    public async Task Verify_IgnoredPaths_AreLeftOutWithAllBelow()
    {
        Directory.CreateDirectory(Path.Combine(_model, ".git", "objects"));
        File.WriteAllText(Path.Combine(_model, ".git", "objects", "x"), "");
        (await VerifyAsync()).Accepted.Should().BeTrue();
        File.WriteAllText(Path.Combine(_model, "sub", ".git"), "");
        (await VerifyAsync()).Reason.Should().Contain("sub/.git");
        (await ModelSigning.VerifyDirectoryAsync(_model, Bundle(), Key, At with { IgnorePaths = ["./sub/.git"] })).Accepted.Should().BeTrue();
    }

    [Fact]
    public async Task Verify_Links_AreRefusedUnlessSigned()
    {
        if (OperatingSystem.IsWindows())
            return;
        File.CreateSymbolicLink(Path.Combine(_model, "link"), "weights.bin");
        (await VerifyAsync()).Reason.Should().Contain("'link'").And.Contain("is a link");
        using var signer = ModelSigner.FromKey(ECDsa.Create(ECCurve.NamedCurves.nistP256));
        var policy = new SignaturePolicy { Keys = [new TrustedKey("own", signer.PublicKeyPem)] };
        var bundle = (await ModelSigning.SignDirectoryAsync(_model, signer, At with { AllowSymlinks = true })).ToJson();
        (await ModelSigning.VerifyDirectoryAsync(_model, bundle, policy, At)).Covered.Should().Contain("link");
        File.Delete(Path.Combine(_model, "link"));
        File.CreateSymbolicLink(Path.Combine(_model, "link"), "/etc/hostname");
        (await ModelSigning.VerifyDirectoryAsync(_model, bundle, policy, At)).Reason.Should().Contain("points out of");
    }

    [Fact]
    public async Task SignAndVerify_DirectoryAndFile_Agree()
    {
        using var signer = ModelSigner.FromKey(ECDsa.Create(ECCurve.NamedCurves.nistP521));
        var policy = new SignaturePolicy { Keys = [new TrustedKey("own", signer.PublicKeyPem)] };
        var bundle = (await ModelSigning.SignDirectoryAsync(_model, signer)).ToJson();
        (await ModelSigning.VerifyDirectoryAsync(_model, bundle, policy)).Covered.Should().Equal("config.json", "sub/tokens.txt", "weights.bin");
        (await ModelSigning.VerifyDirectoryAsync(_model, bundle, Key)).Reason.Should().Contain("not trusted here");

        var file = Path.Combine(_model, "weights.bin");
        var single = (await ModelSigning.SignDirectoryAsync(file, signer)).ToJson();
        (await ModelSigning.VerifyDirectoryAsync(file, single, policy)).Covered.Should().Equal(".");
        (await ModelSigning.VerifyDirectoryAsync(Path.Combine(_model, "config.json"), single, policy)).Reason.Should().Contain("changed after signing: .");
        (await ModelSigning.VerifyDirectoryAsync(_model, single, policy)).Accepted.Should().BeFalse();
        (await ModelSigning.VerifyDirectoryAsync(Path.Combine(_model, "nothing"), single, policy)).Reason.Should().Contain("no directory and no file");
    }

    public static TheoryData<string, string, string> BrokenBundles => new()
    {
        { "mediaType", "\"application/vnd.dev.sigstore.bundle.v0.2+json\"", "media type" },
        { "mediaType", "null", "'mediaType' of the signature bundle is of kind Null" },
        { "extra", "1", "unknown field 'extra'" },
        { "messageSignature", "{}", "bare message signature" },
        { "dsseEnvelope", "[]", "expected an object" },
        { "dsseEnvelope.payloadType", "\"text/plain\"", "payload type 'text/plain'" },
        { "dsseEnvelope.payload", "\"AA\"", "canonical Base64" },
        { "dsseEnvelope.payload", "\"QR==\"", "canonical Base64" },
        { "dsseEnvelope.payload", "\"e3 0=\"", "canonical Base64" },
        { "dsseEnvelope.signatures", "[]", "exactly one" },
        { "dsseEnvelope.signatures", "[{\"sig\":\"AAAA\"},{\"sig\":\"AAAA\"}]", "exactly one" },
        { "dsseEnvelope.signatures", "[{\"sig\":\"AAAA\",\"keyid\":\"\",\"cert\":\"\"}]", "unknown field 'cert'" },
        { "dsseEnvelope.signatures", "[{\"sig\":\"AAAA\",\"keyid\":\"\"}]", "one of them was changed" },
        { "verificationMaterial.publicKey", "{\"hint\":\"00\"}", "key 00, which is not trusted" },
        { "verificationMaterial.publicKey", "{\"hint\":7}", "expected a string" },
        { "verificationMaterial.certificate", "{}", "Fulcio" },
        { "verificationMaterial.x509CertificateChain", "{}", "and not both" },
        { "verificationMaterial", "{}", "either a publicKey" },
        { "verificationMaterial", "{\"x509CertificateChain\":{\"certificates\":[]}}", "chain is empty" },
        { "verificationMaterial", "{\"x509CertificateChain\":{\"certificates\":[{\"rawBytes\":\"AAAA\"}]}}", "cannot be read" },
    };

    [Theory]
    [MemberData(nameof(BrokenBundles))]
    public async Task Verify_BrokenBundle_SaysWhatIsWrong(string field, string value, string reason)
    {
        var bundle = JsonNode.Parse(Bundle())!;
        var parent = bundle;
        var names = field.Split('.');
        foreach (var name in names[..^1])
            parent = parent[name]!;
        parent[names[^1]] = JsonNode.Parse(value);
        (await VerifyAsync(Encoding.UTF8.GetBytes(bundle.ToJsonString()))).Reason.Should().Contain(reason);
    }

    [Fact]
    public async Task Verify_HostileJson_IsRefusedQuickly()
    {
        (await VerifyAsync(new byte[100 << 20])).Reason.Should().Contain("at most 16777216 are read");
        (await VerifyAsync(Encoding.UTF8.GetBytes(new string('[', 100_000)))).Reason.Should().Contain("cannot be read");
        (await VerifyAsync(Encoding.UTF8.GetBytes("{\"mediaType\":" + string.Concat(Enumerable.Repeat("{\"a\":", 50)) + "1" + new string('}', 51)))).Reason.Should().Contain("depth");
        (await VerifyAsync(ReadOnlyMemory<byte>.Empty)).Reason.Should().Contain("cannot be read");
        (await VerifyAsync(new byte[] { 0xFF, 0xFE, 0x7B })).Reason.Should().Contain("cannot be read");
        var twice = Encoding.UTF8.GetString(Bundle()).Replace("\"mediaType\":", "\"mediaType\":\"x\",\"mediaType\":", StringComparison.Ordinal);
        (await VerifyAsync(Encoding.UTF8.GetBytes(twice))).Reason.Should().Contain("uplicate");
    }

    public static TheoryData<string, string, string> BrokenStatements => new()
    {
        { "_type", "\"https://in-toto.io/Statement/v0.1\"", "Statement/v0.1" },
        { "predicateType", "\"https://model_signing/Digests/v0.1\"", "Sign again with model_signing 1.0" },
        { "subject", "[]", "no subject" },
        { "predicate.serialization.method", "\"shards\"", "Sign it without shards" },
        { "predicate.serialization.hash_type", "\"blake2b\"", "hash 'blake2b'" },
        { "predicate.serialization.hash_type", "\"blake3\"", "only 'sha256'" },
        { "predicate.resources", "[]", "lists 0 files" },
        { "predicate.resources.0.algorithm", "\"blake3\"", "hash 'blake3'" },
        { "predicate.resources.0.name", "\"../weights.bin\"", "not a path inside" },
        { "predicate.resources.0.name", "\"/etc/passwd\"", "not a path inside" },
        { "predicate.resources.0.name", "\"a\\\\b\"", "not a path inside" },
        { "predicate.resources.0.name", "\"a//b\"", "not a path inside" },
        { "predicate.resources.0.name", "\".\"", "not a path inside" },
        { "predicate.resources.0.name", "\"weights.bin\"", "twice" },
        { "predicate.resources.0.digest", "\"00\"", "64 lower-case" },
        { "predicate.resources.0.digest", "\"0000000000000000000000000000000000000000000000000000000000000000\"", "contradicts itself" },
        { "subject.0.digest.sha256", "\"0000000000000000000000000000000000000000000000000000000000000000\"", "contradicts itself" },
    };

    [Theory]
    [MemberData(nameof(BrokenStatements))]
    public async Task Verify_ProperlySignedButWrongStatement_SaysWhatIsWrong(string field, string value, string reason)
    {
        var statement = JsonNode.Parse(SigstoreBundle.Parse(Bundle()).Payload.Span)!;
        var parent = statement;
        var names = field.Split('.');
        foreach (var name in names[..^1])
            parent = int.TryParse(name, out var index) ? parent[index]! : parent[name]!;
        parent[names[^1]] = JsonNode.Parse(value);

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signer = ModelSigner.FromKey(key);
        var payload = Encoding.UTF8.GetBytes(statement.ToJsonString());
        var bundle = JsonNode.Parse(Bundle())!;
        bundle["verificationMaterial"]!["publicKey"]!["hint"] = signer.Fingerprint;
        bundle["dsseEnvelope"]!["payload"] = Convert.ToBase64String(payload);
        bundle["dsseEnvelope"]!["signatures"]![0]!["sig"] = Convert.ToBase64String(await signer.SignAsync(SigstoreBundle.PreAuthenticationEncoding(InTotoStatement.PayloadType, payload)));
        var finding = await ModelSigning.VerifyDirectoryAsync(
            _model, Encoding.UTF8.GetBytes(bundle.ToJsonString()), new SignaturePolicy { Keys = [new TrustedKey("own", signer.PublicKeyPem)] }, At);
        finding.Accepted.Should().BeFalse();
        finding.Reason.Should().Contain(reason);
    }

    // The published example of DSSE's protocol.md.
    [Fact]
    public void PreAuthenticationEncoding_PublishedExample_IsReproduced() =>
        Encoding.UTF8.GetString(SigstoreBundle.PreAuthenticationEncoding("http://example.com/HelloWorld", "hello world"u8))
            .Should().Be("DSSEv1 29 http://example.com/HelloWorld 11 hello world");

    [Fact]
    public void Fingerprint_OfAKey_IsTheDigestOfItsPemFile() =>
        Key.Keys[0].Fingerprint.Should().Be(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(Fixtures, "key.pub.pem")))));

    private byte[] Bundle() => File.ReadAllBytes(Path.Combine(_model, "model.sig"));

    private ValueTask<SignatureFinding> VerifyAsync(ReadOnlyMemory<byte>? bundle = null) => ModelSigning.VerifyDirectoryAsync(_model, bundle ?? Bundle(), Key, At);
}
