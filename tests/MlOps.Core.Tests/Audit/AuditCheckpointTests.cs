using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using MlOps.Testing;

namespace MlOps.Core.Tests.Audit;

public sealed class AuditCheckpointTests
{
    [Fact]
    public async Task Note_HasTheFormOfTheSpecification()
    {
        await using var trail = await AuditTrail.WithAsync(5);
        var checkpoint = await trail.Log.CheckpointAsync(trail.Signer);
        var lines = checkpoint.Note.Split('\n');
        lines[..2].Should().Equal("mlops.audit/sandbox", "5");
        Convert.FromBase64String(lines[2]).Should().Equal(checkpoint.Root.ToArray());
        lines[3].Should().BeEmpty();
        lines[4].Should().StartWith("— tests.example/audit ");
        lines[5].Should().BeEmpty();

        // Type 0x02 of c2sp.org/signed-note: the key's identity is the truncated SHA-256 of its DER.
        var signature = Convert.FromBase64String(lines[4].Split(' ')[2]);
        signature[..4].Should().Equal(SHA256.HashData(trail.Key.ExportSubjectPublicKeyInfo())[..4]);
        trail.Key.VerifyData(Encoding.UTF8.GetBytes(checkpoint.Note[..(checkpoint.Note.IndexOf("\n\n", StringComparison.Ordinal) + 1)]), signature[4..], HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence).Should().BeTrue();
        checkpoint.IsSignedBy(trail.Signer.PublicKey).Should().BeTrue();
        checkpoint.IsSignedBy(AuditPublicKey.FromPem("tests.example/audit", trail.Key.ExportSubjectPublicKeyInfoPem())).Should().BeTrue();
        checkpoint.IsSignedBy(AuditPublicKey.FromPem("tests.example/other", trail.Key.ExportSubjectPublicKeyInfoPem())).Should().BeFalse("the name is another");
        checkpoint.IsSignedBy().Should().BeFalse();
        AuditCheckpoint.Parse(checkpoint.Note).IsSignedBy(trail.Signer.PublicKey).Should().BeTrue();
    }

    [Fact]
    public async Task Signature_IsAcceptedByOpenSsl()
    {
        await using var trail = await AuditTrail.WithAsync(2);
        using var directory = new TemporaryDirectory();
        var note = (await trail.Log.CheckpointAsync(trail.Signer)).Note;
        var end = note.IndexOf("\n\n", StringComparison.Ordinal) + 1;
        await File.WriteAllBytesAsync(directory["text"], Encoding.UTF8.GetBytes(note[..end]));
        await File.WriteAllBytesAsync(directory["signature"], Convert.FromBase64String(note[(end + 1)..].Split(' ')[2].TrimEnd('\n'))[4..]);
        await File.WriteAllTextAsync(directory["key.pem"], trail.Key.ExportSubjectPublicKeyInfoPem());
        Process openssl;
        try
        {
            openssl = Process.Start(new ProcessStartInfo("openssl", ["dgst", "-sha256", "-verify", directory["key.pem"], "-signature", directory["signature"], directory["text"]]) { RedirectStandardOutput = true })!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return; // openssl is not installed here
        }

        using (openssl)
        {
            (await openssl.StandardOutput.ReadToEndAsync()).Should().Contain("Verified OK");
            await openssl.WaitForExitAsync();
            openssl.ExitCode.Should().Be(0);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("origin\n1\n")]
    [InlineData("origin\n1\nAAAA\n\n— n AAAAAAAA\n")]
    [InlineData("origin\n01\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— n AAAAAAAA\n")]
    [InlineData("origin\n-1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— n AAAAAAAA\n")]
    [InlineData("\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— n AAAAAAAA\n")]
    [InlineData("origin\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n- n AAAAAAAA\n")]
    [InlineData("origin\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— n AAAA\n")]
    [InlineData("origin\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— n !!!!\n")]
    [InlineData("origin\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— n AAAAAAAA")]
    [InlineData("origin\r\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— n AAAAAAAA\n")]
    [InlineData("origin\n99999999999999999999\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— n AAAAAAAA\n")]
    public void Parse_WhatIsNoCheckpoint_IsRefused(string note) =>
        note.Invoking(AuditCheckpoint.Parse).Should().Throw<CorruptDataException>().WithMessage("The checkpoint cannot be read: *");

    [Fact]
    public async Task Signature_WithAnyBitFlipped_IsRefused()
    {
        await using var trail = await AuditTrail.WithAsync(5);
        var note = (await trail.Log.CheckpointAsync(trail.Signer)).Note;
        var random = new Random(3);
        for (var i = 0; i < 200; i++)
        {
            var bytes = Encoding.UTF8.GetBytes(note);
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            var changed = Encoding.UTF8.GetString(bytes);
            try
            {
                var checkpoint = AuditCheckpoint.Parse(changed);
                if (checkpoint.IsSignedBy(trail.Signer.PublicKey))
                    Convert.FromBase64String(changed.Split(' ')[^1].TrimEnd()).Should().Equal(Convert.FromBase64String(note.Split(' ')[^1].TrimEnd()), "only spare bits of base64 may differ");
            }
            catch (CorruptDataException)
            {
            }
        }
    }

    [Fact]
    public async Task Anchor_KeepsEveryCheckpointOnce()
    {
        await using var trail = await AuditTrail.WithAsync(5);
        using var directory = new TemporaryDirectory();
        var anchor = new FileAuditAnchor(directory["anchor"]);
        var first = await trail.Log.CheckpointAsync(trail.Signer, anchor);
        await trail.AppendAsync(10);
        var second = await trail.Log.CheckpointAsync(trail.Signer, anchor);
        await anchor.PublishAsync(second);
        (await anchor.ReadAsync()).Select(checkpoint => checkpoint.Note).Should().Equal(first.Note, second.Note);
        (await trail.Log.GetCheckpointsAsync()).Select(checkpoint => checkpoint.Size).Should().Equal(5, 15);
        AuditProof.VerifyConsistency(first, second, await trail.Log.ProveConsistencyAsync(5, 15)).Should().BeTrue();
        Directory.GetFiles(directory["anchor"]).Should().HaveCount(2);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a+b")]
    [InlineData("a\nb")]
    public void Signer_NameThatANoteCannotBear_IsRefused(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        name.Invoking(wrong => new AuditSigner(wrong, key)).Should().Throw<InvalidInputException>();
        name.Invoking(_ => AuditPublicKey.FromPem("ok", "no key")).Should().Throw<InvalidInputException>();
    }

    [Fact]
    public async Task Checkpoint_OfAnEmptyTrail_IsOfNothing()
    {
        await using var trail = new AuditTrail();
        var checkpoint = await trail.Log.CheckpointAsync(trail.Signer);
        Convert.ToHexStringLower(checkpoint.Root.Span).Should().Be(MerkleVectors.Roots[0]);
        (await trail.Log.VerifyAsync(new AuditVerification { Keys = [trail.Signer.PublicKey] })).IsIntact.Should().BeTrue();
    }
}
