using System.Security.Cryptography;
using System.Text;
using MlOps.Testing;

namespace MlOps.Registry.Tests;

public sealed class SignedBundleTests : IAsyncLifetime
{
    private readonly TestEnvironment _source = new();
    private readonly TestEnvironment _target = new("staging", EnvironmentKind.Staging);
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private ModelVersion _version = null!;

    private SignaturePolicy Policy => new() { Keys = [new TrustedKey("release", _key.ExportSubjectPublicKeyInfoPem())] };

    public async Task InitializeAsync()
    {
        _version = await new SqlModelRegistry(_source.Context).RegisterAsync(await Drafts.Full(_source.Context).BuildAsync());
        using var signer = ModelSigner.FromPem(_key.ExportECPrivateKeyPem());
        await Signatures(_source.Context).SignAsync(_version.Ref, signer);
        await Signatures(_source.Context).SignAsync(_version.Ref, signer);
    }

    public async Task DisposeAsync()
    {
        _key.Dispose();
        await _source.DisposeAsync();
        await _target.DisposeAsync();
    }

    [Fact]
    public async Task Import_BringsTheSignatures_AndTheyVerify()
    {
        _target.Clock.Advance(TimeSpan.FromDays(1));
        using var tar = await ExportAsync();
        var version = await Bundles(_target.Context).ImportTarAsync(tar);
        (await Signatures(_target.Context).VerifyAsync(version.Ref, Policy)).Passed.Should().BeTrue();
        var (there, here) = (await Signatures(_source.Context).ListAsync(_version.Ref), await Signatures(_target.Context).ListAsync(version.Ref));
        here.Select(signature => signature.Id).Should().BeEquivalentTo(there.Select(signature => signature.Id)).And.HaveCount(2);
        here.Should().OnlyContain(signature => signature.SignedAt == Timestamp.From(_target.Clock.GetUtcNow()), "a bundle does not say when a certificate was valid");
        tar.Position = 0;
        await Bundles(_target.Context).ImportTarAsync(tar);
        (await Signatures(_target.Context).ListAsync(version.Ref)).Should().HaveCount(2);
        (await _target.Context.Audit.ReadAsync()).Count(record => record.Entry.Operation == "registry.version.sign").Should().Be(2);
    }

    [Fact]
    public async Task Layers_UnpackedByTheirPaths_AreASignedDirectory()
    {
        var layout = await LayoutAsync();
        using var unpacked = new TemporaryDirectory();
        foreach (var layer in layout.Manifest["layers"]!.AsArray())
        {
            var path = Path.Combine(unpacked.Path, layer!["annotations"]!["org.cncf.model.filepath"]!.GetValue<string>());
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllBytesAsync(path, layout.Files[LayoutFiles.PathOf(layer["digest"]!.GetValue<string>())]);
        }

        var finding = await ModelSigning.VerifyDirectoryAsync(unpacked.Path, await File.ReadAllBytesAsync(unpacked["signatures/1.sig"]), Policy);
        finding.Accepted.Should().BeTrue(finding.Reason);
        await File.AppendAllTextAsync(unpacked["Functions/predict"], "x");
        (await ModelSigning.VerifyDirectoryAsync(unpacked.Path, await File.ReadAllBytesAsync(unpacked["signatures/1.sig"]), Policy)).Accepted.Should().BeFalse();
    }

    [Fact]
    public async Task Signatures_LeftOut_AreNotThere()
    {
        using var with = await ExportAsync();
        var version = await Bundles(_target.Context).ImportTarAsync(with, new BundleImportOptions { IncludeAttachments = false });
        (await Signatures(_target.Context).ListAsync(version.Ref)).Should().BeEmpty();
        using var without = new MemoryStream();
        await Bundles(_source.Context).ExportTarAsync(_version.Ref, without, new BundleExportOptions { IncludeAttachments = false });
        without.Length.Should().BeLessThan(with.Length);
    }

    [Fact]
    public async Task Import_ASignatureOfAnotherVersion_IsRefusedAndNothingIsVisible()
    {
        using var signer = ModelSigner.FromPem(_key.ExportECPrivateKeyPem());
        var other = await new SqlModelRegistry(_source.Context).RegisterAsync(await Drafts.SmallAsync(_source.Context));
        var foreign = (await Signatures(_source.Context).SignAsync(other.Ref, signer)).Bundle.ToArray();
        await RefuseAsync(foreign, "*does not belong to its version of 'churn'*");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("not JSON")]
    [InlineData("")]
    public async Task Import_ASignatureThatIsNone_IsRefusedAndNothingIsVisible(string signature) => await RefuseAsync(Encoding.UTF8.GetBytes(signature), "*");

    [Fact]
    public async Task Import_AnAttachmentThatNobodyReads_IsLeftOut()
    {
        var layout = await LayoutAsync();
        layout.EditLayer("signatures/2.sig", layer => layer["annotations"]!["org.mlops.attachment.type"] = "text/x-unknown");
        using var tar = layout.ToTar();
        var version = await Bundles(_target.Context).ImportTarAsync(tar);
        (await Signatures(_target.Context).ListAsync(version.Ref)).Should().HaveCount(1);
    }

    private async Task RefuseAsync(byte[] signature, string message)
    {
        var layout = await LayoutAsync();
        layout.SetLayer("signatures/2.sig", signature);
        using var tar = layout.ToTar();
        await Bundles(_target.Context).Invoking(b => b.ImportTarAsync(tar).AsTask()).Should().ThrowAsync<MlOpsException>().WithMessage(message);
        await _target.Context.ShouldBeIntactAsync();
    }

    private async Task<MemoryStream> ExportAsync()
    {
        var tar = new MemoryStream();
        await Bundles(_source.Context).ExportTarAsync(_version.Ref, tar);
        tar.Position = 0;
        return tar;
    }

    private async Task<LayoutFiles> LayoutAsync()
    {
        using var parent = new TemporaryDirectory();
        await Bundles(_source.Context).ExportAsync(_version.Ref, parent["layout"]);
        return LayoutFiles.Read(parent["layout"]);
    }

    private static SqlModelSignatures Signatures(EnvironmentContext context) => new(context, new SqlModelRegistry(context));

    private static ModelBundles Bundles(EnvironmentContext context) => new(context, new SqlModelRegistry(context), [new SignatureAttachments(context)]);
}
