using System.Text;
using Microsoft.Extensions.DependencyInjection;
using MlOps.Testing;

namespace MlOps.Registry.Tests;

public sealed class RoundTripTests(BundleFixture fixture) : IClassFixture<BundleFixture>
{
    [Theory]
    [InlineData("directory")]
    [InlineData("tar")]
    [InlineData("stream")]
    public async Task Import_OfAnExport_IsTheSameVersionInTheOtherEnvironment(string form)
    {
        await using var target = new TestEnvironment("staging", EnvironmentKind.Staging);
        var version = await ImportAsync(target.Context, form);
        version.Ref.Should().Be(new ModelVersionRef("churn", 1));
        version.Manifest.Should().Be(fixture.Version.Manifest);
        version.Artifacts.Should().Equal(fixture.Version.Artifacts);
        version.Signature.Should().BeEquivalentTo(fixture.Version.Signature);
        version.Metrics.Should().Equal(fixture.Version.Metrics);
        version.Description.Should().Be(fixture.Version.Description);
        version.Tags.Should().Equal(fixture.Version.Tags);
        version.Provenance.Should().Be(new ModelProvenance("sandbox", "churn:1", fixture.Version.Manifest.Digest, "Import"));
        var registry = new SqlModelRegistry(target.Context);
        var (bytes, original) = (await registry.GetManifestAsync(version.Ref), await new SqlModelRegistry(fixture.Source).GetManifestAsync(fixture.Version.Ref));
        bytes.Manifest.ToArray().Should().Equal(original.Manifest.ToArray());
        bytes.Config.ToArray().Should().Equal(original.Config.ToArray());
        foreach (var artifact in version.Artifacts)
            (await target.Context.Artifacts.GetBytesAsync(artifact.Content)).Should().Equal(await fixture.Source.Artifacts.GetBytesAsync(artifact.Content));
        registry.CheckCompleteness(version).Should().BeEquivalentTo(registry.CheckCompleteness(fixture.Version));
        (await target.Context.Audit.ReadAsync()).Should().ContainSingle(record => record.Entry.Operation == "registry.version.register").Which.Entry.After.Should().Contain("\"strategy\":\"Import\"");
        Directory.GetFiles(target.Directory, "*.tar", SearchOption.AllDirectories).Should().BeEmpty();
    }

    [Fact]
    public async Task Export_OfTheImport_HasTheSameContentAgain()
    {
        await using var target = new TestEnvironment("staging", EnvironmentKind.Staging);
        var version = await ImportAsync(target.Context, "tar");
        using var tar = new MemoryStream();
        await BundleFixture.Bundles(target.Context).ExportTarAsync(version.Ref, tar);
        tar.Position = 0;
        await using var third = new TestEnvironment("production", EnvironmentKind.Production);
        var again = await BundleFixture.Bundles(third.Context).ImportTarAsync(tar);
        again.Manifest.Should().Be(fixture.Version.Manifest);
        again.Provenance!.Environment.Should().Be("staging");
    }

    [Fact]
    public async Task Export_Twice_HasTheSameBytes()
    {
        var again = fixture.NewPath();
        (await BundleFixture.Bundles(fixture.Source).ExportAsync(fixture.Version.Ref, again)).Should().Be(fixture.Bundle);
        LayoutFiles.Read(again).Files.Should().BeEquivalentTo(fixture.Layout.Files);
        (await TarAsync()).Should().Equal(await TarAsync());
        (await TarAsync()).Should().Equal(fixture.Layout.ToTar().ToArray(), "both forms hold the same files");
    }

    [Fact]
    public async Task Import_Again_ReturnsTheVersionOfTheFirstTime()
    {
        await using var target = new TestEnvironment("staging", EnvironmentKind.Staging);
        var bundles = BundleFixture.Bundles(target.Context);
        var first = await bundles.ImportAsync(fixture.Directory);
        (await bundles.ImportAsync(fixture.Directory)).Version.Should().Be(first.Version);
        (await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => bundles.ImportAsync(fixture.Directory).AsTask())))).Should().OnlyContain(v => v.Version == 1);
        (await new SqlModelRegistry(target.Context).ListAsync("churn")).Should().HaveCount(1);
    }

    [Fact]
    public async Task Import_BlobsThatAreThere_AreNotWrittenAgain()
    {
        await using var target = new TestEnvironment("staging", EnvironmentKind.Staging);
        foreach (var artifact in fixture.Version.Artifacts)
            await target.Context.Artifacts.PutBytesAsync(await fixture.Source.Artifacts.GetBytesAsync(artifact.Content), "any/thing");
        // Files carry the system's time; what is young need not be made so.
        target.Clock.JumpTo(TimeProvider.System.GetUtcNow());
        var before = Directory.GetFiles(Path.Combine(target.Directory, "artifacts"), "*", SearchOption.AllDirectories).ToDictionary(path => path, File.GetLastWriteTimeUtc);
        await BundleFixture.Bundles(target.Context).ImportAsync(fixture.Directory);
        Directory.GetFiles(Path.Combine(target.Directory, "artifacts"), "*", SearchOption.AllDirectories).ToDictionary(path => path, File.GetLastWriteTimeUtc).Should().Equal(before);
    }

    [Fact]
    public async Task Tags_LeftOut_ChangeTheBundleButNotTheVersion()
    {
        var path = fixture.NewPath();
        (await BundleFixture.Bundles(fixture.Source).ExportAsync(fixture.Version.Ref, path, new BundleExportOptions { IncludeTags = false })).Manifest
            .Should().NotBe(fixture.Bundle.Manifest);
        await using var target = new TestEnvironment("staging", EnvironmentKind.Staging);
        var version = await BundleFixture.Bundles(target.Context).ImportAsync(path);
        version.Tags.Should().BeEmpty();
        version.Manifest.Should().Be(fixture.Version.Manifest);
        await using var other = new TestEnvironment("production", EnvironmentKind.Production);
        (await BundleFixture.Bundles(other.Context).ImportAsync(fixture.Directory, new BundleImportOptions { IncludeTags = false })).Tags.Should().BeEmpty();
    }

    [Fact]
    public async Task Export_OverSomethingThatExists_IsRefusedAndTouchesNothing()
    {
        var bundles = BundleFixture.Bundles(fixture.Source);
        var before = fixture.Layout.Files;
        await bundles.Invoking(b => b.ExportAsync(fixture.Version.Ref, fixture.Directory).AsTask()).Should().ThrowAsync<InvalidInputException>().WithMessage("*exists already*");
        var file = fixture.NewPath();
        await File.WriteAllTextAsync(file, "mine");
        await bundles.Invoking(b => b.ExportAsync(fixture.Version.Ref, file).AsTask()).Should().ThrowAsync<InvalidInputException>().WithMessage("*exists already*");
        (await File.ReadAllTextAsync(file)).Should().Be("mine");
        fixture.Layout.Files.Should().BeEquivalentTo(before);
        await bundles.Invoking(b => b.ExportAsync(new ModelVersionRef("churn", 9), fixture.NewPath()).AsTask()).Should().ThrowAsync<ModelNotFoundException>();
    }

    [Fact]
    public async Task Export_ADamagedBlob_IsRefusedAndLeavesNothing()
    {
        await using var environment = new TestEnvironment();
        var version = await new SqlModelRegistry(environment.Context).RegisterAsync(await Drafts.SmallAsync(environment.Context, content: new string('x', 100)));
        var blob = Directory.GetFiles(Path.Combine(environment.Directory, "artifacts"), "*", SearchOption.AllDirectories).Single();
        await File.WriteAllTextAsync(blob, new string('y', 100));
        using var parent = new TemporaryDirectory();
        await BundleFixture.Bundles(environment.Context).Invoking(b => b.ExportAsync(version.Ref, parent["out"]).AsTask()).Should().ThrowAsync<CorruptDataException>();
        Directory.GetFileSystemEntries(parent.Path).Should().BeEmpty();
    }

    [Fact]
    public async Task AVersionWithoutArtifactsOrWithEmptyOnes_ComesThrough()
    {
        await using var environment = new TestEnvironment();
        var small = await Drafts.SmallAsync(environment.Context, content: "");
        var registry = new SqlModelRegistry(environment.Context);
        var bare = await registry.RegisterAsync(small with { Artifacts = [] });
        var twice = await registry.RegisterAsync(small with { Artifacts = [small.Artifacts[0], small.Artifacts[0] with { Kind = ModelArtifactKind.Data }] });
        await using var target = new TestEnvironment("staging", EnvironmentKind.Staging);
        using var parent = new TemporaryDirectory();
        foreach (var version in new[] { bare, twice })
        {
            await BundleFixture.Bundles(environment.Context).ExportAsync(version.Ref, parent[$"v{version.Version}"]);
            (await BundleFixture.Bundles(target.Context).ImportAsync(parent[$"v{version.Version}"])).Manifest.Should().Be(version.Manifest);
        }
    }

    [Fact]
    public async Task WithoutThePermission_NothingIsReadOrWritten()
    {
        var reader = BundleFixture.Bundles(BundleFixture.With(fixture.Source, access: new Only(EnvironmentPermission.Read)));
        await reader.Invoking(b => b.ExportAsync(fixture.Version.Ref, fixture.NewPath()).AsTask()).Should().ThrowAsync<AccessDeniedException>();
        await reader.Invoking(b => b.ExportTarAsync(fixture.Version.Ref, Stream.Null).AsTask()).Should().ThrowAsync<AccessDeniedException>();
        await reader.Invoking(b => b.ImportAsync(fixture.Directory).AsTask()).Should().ThrowAsync<AccessDeniedException>();
        await reader.Invoking(b => b.ImportTarAsync(Stream.Null).AsTask()).Should().ThrowAsync<AccessDeniedException>();
    }

    [Fact]
    public async Task Host_GivesEachEnvironmentItsBundles()
    {
        var services = new ServiceCollection();
        services.AddKeyedSingleton("sandbox", fixture.Source).AddMlOpsRegistry("sandbox");
        await using var provider = services.BuildServiceProvider();
        var bundle = await provider.GetRequiredKeyedService<IModelBundles>("sandbox").ExportAsync(fixture.Version.Ref, fixture.NewPath());
        bundle.Should().Be(fixture.Bundle);
    }

    private async Task<byte[]> TarAsync()
    {
        using var tar = new MemoryStream();
        await BundleFixture.Bundles(fixture.Source).ExportTarAsync(fixture.Version.Ref, tar);
        return tar.ToArray();
    }

    private async Task<ModelVersion> ImportAsync(EnvironmentContext context, string form)
    {
        var bundles = BundleFixture.Bundles(context);
        if (form == "directory")
            return await bundles.ImportAsync(fixture.Directory);
        using var tar = new MemoryStream([.. Encoding.ASCII.GetBytes("before"), .. await TarAsync()]) { Position = 6 };
        if (form == "tar")
            return await bundles.ImportTarAsync(tar);
        using var forward = new System.IO.Compression.BrotliStream(Compressed(tar), System.IO.Compression.CompressionMode.Decompress);
        return await bundles.ImportTarAsync(forward);
    }

    private static MemoryStream Compressed(Stream content)
    {
        var compressed = new MemoryStream();
        using (var brotli = new System.IO.Compression.BrotliStream(compressed, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
            content.CopyTo(brotli);
        compressed.Position = 0;
        return compressed;
    }

    private sealed class Only(EnvironmentPermission granted) : IAccessControl
    {
        public bool Allows(EnvironmentPermission permission) => permission == granted;

        public void Require(EnvironmentPermission permission, string subject)
        {
            if (permission != granted)
                throw new AccessDeniedException($"No {permission} for {subject}.");
        }
    }
}
