using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Testing;

namespace MlOps.Registry.Tests;

public sealed class ModelSignaturesTests(Authority authority) : IClassFixture<Authority>, IAsyncLifetime
{
    private readonly TestEnvironment _environment = new(clock: new FakeClock(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero)));
    private EnvironmentHandle _handle = null!;
    private SqlModelSignatures _signatures = null!;
    private ModelVersion _version = null!;

    public async Task InitializeAsync()
    {
        _handle = new EnvironmentHandle(_environment.Context);
        _signatures = new SqlModelSignatures(_environment.Context, _handle.Models);
        _version = await _handle.Models.RegisterAsync(await Drafts.Full(_environment.Context).BuildAsync());
    }

    public async Task DisposeAsync() => await _environment.DisposeAsync();

    [OpenSslTheory]
    [InlineData("p256", "sha256")]
    [InlineData("p384", "sha384")]
    [InlineData("p521", "sha512")]
    public async Task Sign_WithAKey_IsVerifiedByOpenSsl(string key, string hash)
    {
        using var signer = authority.Key(key);
        var stored = await _signatures.SignAsync(_version.Ref, signer);

        var (message, signature) = Split(stored.Bundle);
        File.WriteAllBytes(Path.Combine(authority.Directory, $"{key}.message"), message);
        File.WriteAllBytes(Path.Combine(authority.Directory, $"{key}.signature"), signature);
        OpenSsl.Run(authority.Directory, "dgst", $"-{hash}", "-verify", $"{key}.pub.pem", "-signature", $"{key}.signature", $"{key}.message").Should().Contain("Verified OK");
        message[^1] ^= 1;
        File.WriteAllBytes(Path.Combine(authority.Directory, $"{key}.message"), message);
        OpenSsl.Succeeds(authority.Directory, "dgst", $"-{hash}", "-verify", $"{key}.pub.pem", "-signature", $"{key}.signature", $"{key}.message").Should().BeFalse();

        var report = await _signatures.VerifyAsync(_version.Ref, authority.Trusting(key));
        report.Passed.Should().BeTrue(report.Message);
        report.Signatures.Should().ContainSingle().Which.Covered.Should().Contain(["manifest.json", "config.json", "Functions/predict", "Tags/tags"])
            .And.HaveCount(_version.Artifacts.Count + 2);
        report.ManifestDigest.Should().Be(_version.Manifest.Digest);
    }

    [OpenSslTheory]
    [InlineData("p256", "sha256")]
    [InlineData("p384", "sha384")]
    [InlineData("p521", "sha512")]
    public async Task Add_BundleSignedByOpenSsl_IsAccepted(string key, string hash)
    {
        using var signer = authority.Key(key);
        var bundle = JsonNode.Parse((await SigstoreBundle.SignAsync(await StatementAsync(), signer)).ToJson())!;
        var message = SigstoreBundle.PreAuthenticationEncoding(InTotoStatement.PayloadType, Convert.FromBase64String((string)bundle["dsseEnvelope"]!["payload"]!));
        File.WriteAllBytes(Path.Combine(authority.Directory, $"{key}.in"), message);
        OpenSsl.Run(authority.Directory, "dgst", $"-{hash}", "-sign", $"{key}.key.pem", "-out", $"{key}.out", $"{key}.in");
        bundle["dsseEnvelope"]!["signatures"]![0]!["sig"] = Convert.ToBase64String(File.ReadAllBytes(Path.Combine(authority.Directory, $"{key}.out")));
        bundle["verificationMaterial"]!["publicKey"]!["hint"] =
            Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(Path.Combine(authority.Directory, $"{key}.pub.pem"))));

        await _signatures.AddAsync(_version.Ref, Encoding.UTF8.GetBytes(bundle.ToJsonString()));
        (await _signatures.VerifyAsync(_version.Ref, authority.Trusting(key))).EnsurePassed().Message.Should().Contain("is signed by key");
    }

    [OpenSslFact]
    public async Task Sign_WithACertificate_IsVerifiedByOpenSslAndByThePolicy()
    {
        using var signer = authority.Certificate("signer");
        var stored = await _signatures.SignAsync(_version.Ref, signer);

        var (message, signature) = Split(stored.Bundle);
        File.WriteAllBytes(Path.Combine(authority.Directory, "c.message"), message);
        File.WriteAllBytes(Path.Combine(authority.Directory, "c.signature"), signature);
        File.WriteAllText(Path.Combine(authority.Directory, "c.pub.pem"), OpenSsl.Run(authority.Directory, "x509", "-in", "signer.pem", "-pubkey", "-noout"));
        OpenSsl.Run(authority.Directory, "dgst", "-sha256", "-verify", "c.pub.pem", "-signature", "c.signature", "c.message").Should().Contain("Verified OK");
        OpenSsl.Run(authority.Directory, "verify", "-CAfile", "root.pem", "-untrusted", "issuer.pem", "signer.pem").Should().Contain("OK");

        var report = await _signatures.VerifyAsync(_version.Ref, authority.TrustingRoot());
        report.Passed.Should().BeTrue(report.Message);
        report.Signatures[0].Signer.Should().Contain("CN=signer").And.Contain("root 'root'");
        stored.Signer.Should().Contain("CN=signer");
    }

    [OpenSslTheory]
    [InlineData("O=Example, CN=signer", true)]
    [InlineData("CN=signer, O=Example", true)]
    [InlineData("signer", true)]
    [InlineData("ci@example.com", true)]
    [InlineData("https://ci.example.com/sign", true)]
    [InlineData("ci@example.org", false)]
    [InlineData("sign", false)]
    public async Task Verify_SubjectConstraint_AcceptsOnlyThatSubject(string subject, bool accepted)
    {
        using var signer = authority.Certificate("signer");
        await _signatures.SignAsync(_version.Ref, signer);
        var names = CertificateNames.Of(System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadCertificate(signer.Certificates[0].Span));
        if (subject.Contains("O=", StringComparison.Ordinal))
            subject = names[0];
        var report = await _signatures.VerifyAsync(_version.Ref, authority.TrustingRoot("root", "somebody else", subject));
        report.Passed.Should().Be(accepted, report.Message);
        if (!accepted)
            report.Message.Should().ContainAll("is none of somebody else", subject);
    }

    [OpenSslTheory]
    [InlineData("server", "issuer", "not meant for code signing")]
    [InlineData("contract", "issuer", "digitalSignature is needed")]
    [InlineData("bare", "issuer", "key usage is absent")]
    [InlineData("self", null, "not trusted by root 'root'")]
    [InlineData("stranger", "stranger-root", "not trusted by root 'root'")]
    [InlineData("signer", null, "not trusted by root 'root'")]
    public async Task Verify_CertificateThatDoesNotHold_IsRefusedWithTheReason(string certificate, string? issuer, string reason)
    {
        using var signer = authority.Certificate(certificate, issuer);
        await _signatures.SignAsync(_version.Ref, signer);
        var report = await _signatures.VerifyAsync(_version.Ref, authority.TrustingRoot());
        report.Passed.Should().BeFalse();
        report.Message.Should().Contain(reason).And.Contain("root 'root'");
        report.Signatures.Should().ContainSingle().Which.Accepted.Should().BeFalse();
    }

    [OpenSslFact]
    public async Task Sign_ExpiredCertificate_IsRefusedAtSigningAndInTheTable()
    {
        using var signer = authority.Certificate("expired");
        (await Refused(() => _signatures.SignAsync(_version.Ref, signer).AsTask())).Should().Contain("valid from").And.Contain("2022-01-01");

        var bundle = (await SigstoreBundle.SignAsync(await StatementAsync(), signer)).ToJson();
        var finding = BundleVerifier.Verify(bundle, authority.TrustingRoot(), _environment.Clock.GetUtcNow(), _ => ([], null));
        finding.Accepted.Should().BeFalse();
        finding.Reason.Should().Contain("expired at 2022-01-01");
        BundleVerifier.Verify(bundle, authority.TrustingRoot(), new DateTimeOffset(2021, 6, 1, 0, 0, 0, TimeSpan.Zero), _ => ([], null)).Accepted.Should().BeTrue();
        BundleVerifier.Verify(bundle, authority.TrustingRoot(), new DateTimeOffset(2019, 6, 1, 0, 0, 0, TimeSpan.Zero), _ => ([], null)).Reason.Should().Contain("not valid before 2020-01-01");
    }

    [OpenSslFact]
    public async Task Verify_LongAfterSigning_GoesByTheCertificateAtTheTimeOfSigning()
    {
        using var signer = authority.Certificate("signer");
        await _signatures.SignAsync(_version.Ref, signer);
        _environment.Clock.Advance(TimeSpan.FromDays(365 * 80));
        (await _signatures.VerifyAsync(_version.Ref, authority.TrustingRoot())).Passed.Should().BeTrue();
    }

    [OpenSslFact]
    public async Task Verify_WrongKey_NamesBothKeys()
    {
        using var signer = authority.Key("p384");
        await _signatures.SignAsync(_version.Ref, signer);
        var report = await _signatures.VerifyAsync(_version.Ref, authority.Trusting("p256"));
        report.Passed.Should().BeFalse();
        report.Missing.Should().ContainSingle().Which.Should().Contain("'p256'");
        report.Message.Should().ContainAll(signer.Fingerprint, "not trusted here", "key 'p256'");
        report.Invoking(failed => failed.EnsurePassed()).Should().Throw<UntrustedModelException>();
    }

    [OpenSslFact]
    public async Task Verify_TwoSignersNeeded_CountsEachSignerOnce()
    {
        using var first = authority.Key("p256");
        using var second = authority.Key("p521");
        var policy = authority.Trusting("p256", "p384", "p521") with { MinimumSigners = 2 };
        (await _signatures.VerifyAsync(_version.Ref, policy)).Message.Should().ContainAll("carries no signatures at all", "'p256'", "'p384'", "'p521'");
        await _signatures.SignAsync(_version.Ref, first);
        await _signatures.SignAsync(_version.Ref, first);
        var report = await _signatures.VerifyAsync(_version.Ref, policy);
        report.Passed.Should().BeFalse();
        report.Signatures.Should().HaveCount(2).And.OnlyContain(finding => finding.Accepted);
        report.Missing.Should().HaveCount(2).And.NotContain(key => key.Contains("'p256'"));
        await _signatures.SignAsync(_version.Ref, second);
        (await _signatures.VerifyAsync(_version.Ref, policy)).Passed.Should().BeTrue();
    }

    [OpenSslFact]
    public async Task Verify_KeyAndItsOwnCertificate_AreOneSigner()
    {
        using var certificate = authority.Certificate("signer");
        using var key = ModelSigner.FromPem(authority.Text("signer.key.pem"));
        await _signatures.SignAsync(_version.Ref, certificate);
        await _signatures.SignAsync(_version.Ref, key);
        var policy = authority.TrustingRoot() with { Keys = [new TrustedKey("same", key.PublicKeyPem)], MinimumSigners = 2 };
        (await _signatures.VerifyAsync(_version.Ref, policy)).Passed.Should().BeFalse();
        (await _signatures.VerifyAsync(_version.Ref, policy with { MinimumSigners = 1 })).Passed.Should().BeTrue();
    }

    [OpenSslFact]
    public async Task Add_BundleOfAnotherVersion_IsRefusedAndStoresNothing()
    {
        using var signer = authority.Key("p256");
        var other = await _handle.Models.RegisterAsync(await Drafts.Full(_environment.Context).WithTags(("owner", "search")).BuildAsync());
        var stored = await _signatures.SignAsync(_version.Ref, signer);
        (await Refused(() => _signatures.AddAsync(other.Ref, stored.Bundle).AsTask())).Should().ContainAll("does not belong to churn:2", "changed after signing", "manifest.json");
        var stranger = await _handle.Models.RegisterAsync(await Drafts.Full(_environment.Context, "fraud").BuildAsync());
        (await Refused(() => _signatures.AddAsync(stranger.Ref, stored.Bundle).AsTask())).Should().Contain("made for the model 'churn'");
        (await _signatures.ListAsync(other.Ref)).Should().BeEmpty();
        (await _signatures.VerifyAsync(other.Ref, authority.Trusting("p256"))).Passed.Should().BeFalse();
    }

    [OpenSslFact]
    public async Task Verify_RowMovedToAnotherVersion_IsRefused()
    {
        using var signer = authority.Key("p256");
        var other = await _handle.Models.RegisterAsync(await Drafts.Full(_environment.Context).WithTags(("owner", "search")).BuildAsync());
        await _signatures.SignAsync(_version.Ref, signer);
        await _environment.Context.Metadata.WriteAsync((session, _) => session.ExecuteAsync("UPDATE registry_signatures SET version = 2"));
        (await _signatures.VerifyAsync(other.Ref, authority.Trusting("p256"))).Message.Should().Contain("made for other content than this version's");
    }

    [OpenSslFact]
    public async Task Verify_AnyChangedByteOfThePayloadOrTheSignature_IsRefused()
    {
        using var signer = authority.Key("p256");
        var stored = await _signatures.SignAsync(_version.Ref, signer);
        var bundle = JsonNode.Parse(stored.Bundle.Span)!;
        var policy = authority.Trusting("p256");
        var contents = await VersionContents.ReadAsync(_handle.Models, _version.Ref, default);
        foreach (var (target, name) in new[] { (bundle["dsseEnvelope"]!, "payload"), (bundle["dsseEnvelope"]!["signatures"]![0]!, "sig") })
        {
            var text = (string)target[name]!;
            var bytes = Convert.FromBase64String(text);
            for (var i = 0; i < bytes.Length; i++)
            {
                bytes[i] ^= 1;
                target[name] = Convert.ToBase64String(bytes);
                var finding = BundleVerifier.Verify(Encoding.UTF8.GetBytes(bundle.ToJsonString()), policy, _environment.Clock.GetUtcNow(), contents.Cover);
                finding.Accepted.Should().BeFalse($"byte {i} of {name} was changed");
                finding.Reason.Should().Contain("one of them was changed");
                bytes[i] ^= 1;
            }

            target[name] = text;
        }

        BundleVerifier.Verify(Encoding.UTF8.GetBytes(bundle.ToJsonString()), policy, _environment.Clock.GetUtcNow(), contents.Cover).Accepted.Should().BeTrue();
    }

    [OpenSslFact]
    public async Task Verify_AnyChangedCharacterOfTheBundle_IsNeverTakenForAnotherStatement()
    {
        using var signer = authority.Key("p256");
        var stored = await _signatures.SignAsync(_version.Ref, signer);
        var bytes = stored.Bundle.ToArray();
        var policy = authority.Trusting("p256");
        var contents = await VersionContents.ReadAsync(_handle.Models, _version.Ref, default);
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] ^= 4;
            var finding = BundleVerifier.Verify(bytes, policy, _environment.Clock.GetUtcNow(), contents.Cover);
            if (finding.Accepted)
                finding.Covered.Should().HaveCount(_version.Artifacts.Count + 2);
            else
                finding.Reason.Should().NotBeEmpty();
            bytes[i] ^= 4;
        }
    }

    [OpenSslFact]
    public async Task VerifyAndSign_DamagedBlob_AreRefused()
    {
        using var signer = authority.Key("p256");
        await _signatures.SignAsync(_version.Ref, signer);
        var content = _version.Find(ModelArtifactKind.Functions, ModelArtifactNames.Predict)!.Content;
        var path = Directory.GetFiles(_environment.Directory, content.ParsedDigest.Hex[2..], SearchOption.AllDirectories).Single();
        var bytes = File.ReadAllBytes(path);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(path, bytes);
        await this.Invoking(_ => _signatures.VerifyAsync(_version.Ref, authority.Trusting("p256")).AsTask()).Should().ThrowAsync<CorruptDataException>();
        await this.Invoking(_ => _signatures.SignAsync(_version.Ref, signer).AsTask()).Should().ThrowAsync<CorruptDataException>();
        (await _signatures.ListAsync(_version.Ref)).Should().HaveCount(1);
    }

    [OpenSslFact]
    public async Task Add_Twice_StoresOneAndAuditsOnce()
    {
        using var signer = authority.Key("p256");
        var bundle = (await SigstoreBundle.SignAsync(await StatementAsync(), signer)).ToJson();
        var first = await _signatures.AddAsync(_version.Ref, bundle);
        _environment.Clock.Advance(TimeSpan.FromDays(1));
        var second = await _signatures.AddAsync(_version.Ref, bundle);
        second.SignedAt.Should().Be(first.SignedAt);
        (await _signatures.ListAsync(_version.Ref)).Should().HaveCount(1);
        (await _environment.Context.Audit.ReadAsync()).Count(record => record.Entry.Operation == "registry.version.sign").Should().Be(1);
        var signed = (await _environment.Context.Events.ReadAsync(typePrefix: RegistryEvents.VersionSigned)).Should().ContainSingle().Subject;
        JsonDocument.Parse(signed.Data).RootElement.GetProperty("signature").GetString().Should().Be(first.Id);
    }

    [OpenSslFact]
    public async Task Signatures_AfterARestart_AreThere()
    {
        using var signer = authority.Key("p256");
        var stored = await _signatures.SignAsync(_version.Ref, signer);
        var context = await _environment.ReopenAsync();
        var again = new SqlModelSignatures(context, new SqlModelRegistry(context));
        (await again.ListAsync(_version.Ref)).Should().ContainSingle().Which.Bundle.ToArray().Should().Equal(stored.Bundle.ToArray());
        (await again.VerifyAsync(_version.Ref, authority.Trusting("p256"))).Passed.Should().BeTrue();
    }

    [OpenSslFact]
    public async Task Copy_SignedVersion_TakesItsSignaturesAlongOnce()
    {
        using var signer = authority.Certificate("signer");
        var stored = await _signatures.SignAsync(_version.Ref, signer);
        await using var production = new TestEnvironment("production", EnvironmentKind.Production, _environment.Clock);
        _environment.Clock.Advance(TimeSpan.FromDays(365 * 80));
        var target = new EnvironmentHandle(production.Context);
        for (var attempt = 0; attempt < 2; attempt++)
        {
            var copy = await ModelCopier.CopyAsync(_handle, _version.Ref, target, "promotion-1");
            var signatures = new SqlModelSignatures(production.Context, target.Models);
            (await signatures.ListAsync(copy.Ref)).Should().ContainSingle().Which.SignedAt.Should().Be(stored.SignedAt);
            (await signatures.VerifyAsync(copy.Ref, authority.TrustingRoot())).Passed.Should().BeTrue();
        }

        (await production.Context.Audit.ReadAsync()).Should().ContainSingle(record => record.Entry.Operation == "registry.version.sign")
            .Which.Entry.After.Should().Contain("sandbox/churn:1");
    }

    [OpenSslFact]
    public async Task Export_SignedVersion_VerifiesAsADirectory()
    {
        using var signer = authority.Key("p384");
        await _signatures.SignAsync(_version.Ref, signer);
        using var temporary = new TemporaryDirectory();
        var directory = Path.Combine(temporary.Path, "churn");
        await _signatures.ExportAsync(_version.Ref, directory);
        var bundle = File.ReadAllBytes(Path.Combine(directory, "signatures", "1.sig"));
        var finding = await ModelSigning.VerifyDirectoryAsync(directory, bundle, authority.Trusting("p384"));
        finding.Accepted.Should().BeTrue(finding.Reason);
        finding.Covered.Should().Contain(["manifest.json", "config.json", "Functions/predict"]);
        File.AppendAllText(Path.Combine(directory, "Functions", "predict"), "x");
        (await ModelSigning.VerifyDirectoryAsync(directory, bundle, authority.Trusting("p384"))).Reason.Should().Contain("changed after signing: Functions/predict");
        (await Refused(() => _signatures.ExportAsync(_version.Ref, directory).AsTask())).Should().Contain("has content already");
    }

    [OpenSslFact]
    public async Task Provenance_SignedAndRequired_IsVerified()
    {
        using var signer = authority.Key("p256");
        using var other = authority.Key("p384");
        var policy = authority.Trusting("p256") with { RequireProvenance = true };
        await _signatures.SignAsync(_version.Ref, signer);
        (await _signatures.VerifyAsync(_version.Ref, policy)).Message.Should().Contain("no SLSA provenance signed by a trusted signer");
        var statement = new SlsaProvenance
        {
            BuildType = "urn:test:build", BuilderId = "https://ci.example.com/training", InvocationId = "run-1",
            ExternalParameters = """{"days":90}""", StartedOn = Timestamp.Utc(2026, 1, 1),
            ResolvedDependencies = [new SlsaDependency("source", "git+https://example.com/repo", "gitCommit", new string('a', 40))],
        }.ToStatement(_version);
        await _signatures.SignAsync(_version.Ref, statement, other);
        (await _signatures.VerifyAsync(_version.Ref, policy)).Passed.Should().BeFalse();
        var stored = await _signatures.SignAsync(_version.Ref, statement, signer);
        (await _signatures.VerifyAsync(_version.Ref, policy)).Passed.Should().BeTrue();

        var read = SigstoreBundle.Parse(stored.Bundle).ReadStatement();
        read.PredicateType.Should().Be("https://slsa.dev/provenance/v1");
        read.Subjects.Should().ContainSingle().Which.Should().Be(new InTotoSubject("churn", _version.Manifest.ParsedDigest.Hex));
        var predicate = JsonDocument.Parse(read.Predicate).RootElement;
        predicate.GetProperty("buildDefinition").GetProperty("externalParameters").GetProperty("days").GetInt32().Should().Be(90);
        predicate.GetProperty("buildDefinition").GetProperty("resolvedDependencies")[0].GetProperty("digest").GetProperty("gitCommit").GetString().Should().HaveLength(40);
        predicate.GetProperty("runDetails").GetProperty("builder").GetProperty("id").GetString().Should().Be("https://ci.example.com/training");
        predicate.GetProperty("runDetails").GetProperty("metadata").GetProperty("startedOn").GetString().Should().Be("2026-01-01T00:00:00Z");
    }

    [OpenSslFact]
    public async Task Provenance_Alone_IsNoSignatureOfTheModel()
    {
        using var signer = authority.Key("p256");
        await _signatures.SignAsync(_version.Ref, new SlsaProvenance { BuildType = "urn:t:b", BuilderId = "urn:t:c" }.ToStatement(_version), signer);
        (await _signatures.VerifyAsync(_version.Ref, authority.Trusting("p256"))).Passed.Should().BeFalse();
    }

    [OpenSslFact]
    public void Signer_UnsupportedOrBrokenKey_IsRefusedWithTheReason()
    {
        this.Invoking(_ => authority.Key("k256")).Should().Throw<InvalidInputException>().WithMessage("*P-256, P-384 or P-521*");
        this.Invoking(_ => ModelSigner.FromPem("hello")).Should().Throw<InvalidInputException>();
        this.Invoking(_ => ModelSigner.FromPem(authority.Text("p256.pub.pem"))).Should().Throw<InvalidInputException>();
        this.Invoking(_ => ModelSigner.FromCertificatePem(authority.Text("signer.pem"), authority.Text("p256.key.pem"))).Should().Throw<InvalidInputException>().WithMessage("*not that of the certificate*");
        this.Invoking(_ => new TrustedKey("k", authority.Text("p256.key.pem"))).Should().Throw<InvalidInputException>().WithMessage("*BEGIN PUBLIC KEY*");
        this.Invoking(_ => new TrustedKey("k", authority.Text("k256.pub.pem"))).Should().Throw<InvalidInputException>();
        this.Invoking(_ => new TrustedRoot("r", authority.Text("p256.pub.pem"))).Should().Throw<InvalidInputException>().WithMessage("*holds 0 certificates*");
        this.Invoking(_ => new TrustedRoot("r", authority.Text("root.pem") + authority.Text("issuer.pem"))).Should().Throw<InvalidInputException>().WithMessage("*holds 2 certificates*");
    }

    [OpenSslFact]
    public async Task Sign_DeviceThatSignsWithAnotherKey_IsFound()
    {
        using var key = authority.Key("p256");
        using var other = authority.Key("p384");
        (await Refused(() => _signatures.SignAsync(_version.Ref, new MixedSigner(key.PublicKeyPem, other)).AsTask())).Should().Contain("does not fit its public key");
    }

    [Fact]
    public async Task Admission_WithoutAPolicy_AsksForNothing()
    {
        var admission = new SignatureAdmission(_signatures, null);
        (await admission.CheckAsync(_version, SignaturePoints.Load)).Admitted.Should().BeTrue();
        this.Invoking(_ => new SignatureAdmission(_signatures, new SignaturePolicy())).Should().Throw<InvalidDefinitionException>().WithMessage("*nothing could ever pass*");
    }

    private static (byte[] Message, byte[] Signature) Split(ReadOnlyMemory<byte> bundle)
    {
        // Read with another parser and encoded by hand, so that the judge's input is not our own code's output.
        var envelope = JsonNode.Parse(bundle.Span)!["dsseEnvelope"]!;
        var payload = Convert.FromBase64String((string)envelope["payload"]!);
        byte[] message = [.. Encoding.ASCII.GetBytes($"DSSEv1 28 application/vnd.in-toto+json {payload.Length} "), .. payload];
        return (message, Convert.FromBase64String((string)envelope["signatures"]![0]!["sig"]!));
    }

    private static async Task<string> Refused(Func<Task> act) => (await act.Should().ThrowAsync<InvalidInputException>()).Which.Message;

    private async Task<InTotoStatement> StatementAsync() => (await VersionContents.ReadAsync(_handle.Models, _version.Ref, default)).ToSignedModel().ToStatement();

    private sealed class MixedSigner(string publicKey, ModelSigner signer) : IModelSigner
    {
        public string PublicKeyPem => publicKey;

        public IReadOnlyList<ReadOnlyMemory<byte>> Certificates => [];

        public ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken = default) => signer.SignAsync(message, cancellationToken);
    }
}
