using System.Text.Json;
using MlOps.Testing;

namespace MlOps.Registry.Tests;

public sealed class FlippedByteTests(BundleFixture fixture) : IClassFixture<BundleFixture>
{
    [Fact]
    public async Task AnyByteOfAnyFile_Flipped_IsRefusedOrChangesNothing()
    {
        await using var target = new TestEnvironment("staging", EnvironmentKind.Staging);
        var original = await DescribeAsync(fixture.Layout);
        var random = new Random(11);
        var (refused, harmless) = (0, 0);
        foreach (var (name, bytes) in fixture.Layout.Files)
        {
            var isDocument = !name.StartsWith("blobs/", StringComparison.Ordinal);
            for (var at = 0; at < bytes.Length; at += isDocument ? 1 : random.Next(1, 4))
            {
                foreach (var bit in isDocument ? Enumerable.Range(0, 8) : [random.Next(8)])
                {
                    var layout = fixture.Layout;
                    layout.Files[name][at] ^= (byte)(1 << bit);
                    using var tar = layout.ToTar();
                    try
                    {
                        var version = await BundleFixture.Bundles(target.Context).ImportTarAsync(tar);
                        isDocument.Should().BeTrue("every blob is bound by a digest");
                        version.Manifest.Should().Be(fixture.Version.Manifest);
                        (await DescribeAsync(layout)).Should().Be(original);
                        harmless++;
                    }
                    catch (MlOpsException error) when (error is CorruptDataException or InvalidInputException or InvalidDefinitionException)
                    {
                        refused++;
                    }
                }
            }
        }

        refused.Should().BeGreaterThan(1_000);
        harmless.Should().BeGreaterThan(0, "the name under which the index lists the manifest says nothing about the version");
        (await new SqlModelRegistry(target.Context).ListAsync("churn")).Should().HaveCount(1);
    }

    [Fact]
    public async Task AnyByteOfATarFile_Flipped_IsRefusedOrChangesNothing()
    {
        await using var target = new TestEnvironment("staging", EnvironmentKind.Staging);
        var original = fixture.Layout.ToTar().ToArray();
        var random = new Random(13);
        var refused = 0;
        for (var at = 0; at < original.Length; at += random.Next(1, 16))
        {
            byte[] bytes = [.. original];
            bytes[at] ^= (byte)(1 << random.Next(8));
            using var tar = new MemoryStream(bytes);
            try
            {
                (await BundleFixture.Bundles(target.Context).ImportTarAsync(tar)).Manifest.Should().Be(fixture.Version.Manifest);
            }
            catch (MlOpsException error) when (error is CorruptDataException or InvalidInputException or InvalidDefinitionException)
            {
                refused++;
            }
        }

        refused.Should().BeGreaterThan(500);
        (await new SqlModelRegistry(target.Context).ListAsync("churn")).Count.Should().BeLessThanOrEqualTo(1);
    }

    // What an import into an empty environment would register.
    private static async Task<string> DescribeAsync(LayoutFiles layout)
    {
        using var source = await TarLayoutSource.OpenAsync(layout.ToTar(), default);
        return JsonSerializer.Serialize((await new BundleReader(source, new BundleImportOptions()).ReadAsync(default)).Draft);
    }
}
