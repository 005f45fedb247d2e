using System.Diagnostics;
using System.Formats.Tar;
using System.Text;
using MlOps.Testing;
using Xunit.Abstractions;

namespace MlOps.Registry.Tests;

/// <summary>Our layouts before programs that we did not write. Those whose program is absent are skipped.</summary>
public sealed class OracleTests(BundleFixture fixture, ITestOutputHelper output) : IClassFixture<BundleFixture>
{
    [Fact]
    public void Export_ByTheRulesOfTheSpecifications_IsSound()
    {
        OciRules.Check(fixture.Layout);
        fixture.Layout.Files.Count.Should().Be(fixture.Bundle.Blobs + 2);
    }

    [ProgramFact("sha256sum")]
    public async Task Sha256Sum_OfEveryBlob_IsItsName()
    {
        var sums = await RunAsync("sha256sum", [.. Directory.GetFiles(Path.Combine(fixture.Directory, "blobs", "sha256"))]);
        if (sums is null)
            return;
        var lines = sums.Value.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Should().HaveCount(fixture.Bundle.Blobs).And.OnlyContain(line => line.EndsWith(line.Substring(0, 64), StringComparison.Ordinal));
    }

    [ProgramFact("skopeo")]
    public async Task Skopeo_InspectRaw_GivesTheManifest()
    {
        var manifest = Encoding.UTF8.GetString(fixture.Layout.Files[fixture.Layout.ManifestPath]);
        if (await RunAsync("skopeo", "inspect", "--raw", $"oci:{fixture.Directory}:churn:1") is not { } inspected)
            return;
        inspected.Output.Should().Be(manifest);
        var tar = fixture.NewPath();
        await using (var file = File.Create(tar))
            await BundleFixture.Bundles(fixture.Source).ExportTarAsync(fixture.Version.Ref, file);
        (await RunAsync("skopeo", "inspect", "--raw", $"oci-archive:{tar}:churn:1"))!.Value.Output.Should().Be(manifest);
    }

    [ProgramTheory("skopeo")]
    [InlineData("oci:", "oci:", "latest")]
    [InlineData("oci:", "oci-archive:", "churn:1")]
    [InlineData("oci-archive:", "oci:", "a/b:c")]
    public async Task Skopeo_Copy_TakesEverythingThatALosslessImportNeeds(string from, string to, string name)
    {
        var source = fixture.Directory;
        if (from == "oci-archive:")
        {
            source = fixture.NewPath();
            await using var file = File.Create(source);
            await BundleFixture.Bundles(fixture.Source).ExportTarAsync(fixture.Version.Ref, file);
        }

        var copy = fixture.NewPath();
        if (await RunAsync("skopeo", "copy", "--insecure-policy", $"{from}{source}:churn:1", $"{to}{copy}:{name}") is not { } copied)
            return;
        copied.Code.Should().Be(0, copied.Output);
        await using var target = new TestEnvironment("staging", EnvironmentKind.Staging);
        var bundles = BundleFixture.Bundles(target.Context);
        ModelVersion version;
        if (to == "oci:")
        {
            version = await bundles.ImportAsync(copy, new BundleImportOptions { Reference = name });
            LayoutFiles.Read(copy).Files.Where(file => file.Key.StartsWith("blobs/", StringComparison.Ordinal))
                .Should().BeEquivalentTo(fixture.Layout.Files.Where(file => file.Key.StartsWith("blobs/", StringComparison.Ordinal)));
        }
        else
        {
            await using var file = File.OpenRead(copy);
            version = await bundles.ImportTarAsync(file);
        }

        version.Manifest.Should().Be(fixture.Version.Manifest);
        version.Tags.Should().Equal(fixture.Version.Tags);
    }

    [ProgramFact("skopeo")]
    public async Task Skopeo_CopyToADirectory_AcceptsEveryDigest()
    {
        var copy = fixture.NewPath();
        if (await RunAsync("skopeo", "copy", "--insecure-policy", $"oci:{fixture.Directory}:churn:1", $"dir:{copy}") is not { } copied)
            return;
        copied.Code.Should().Be(0, copied.Output);
        (await File.ReadAllBytesAsync(Path.Combine(copy, "manifest.json"))).Should().Equal(fixture.Layout.Files[fixture.Layout.ManifestPath]);
    }

    [ProgramTheory("tar")]
    [InlineData("gnu")]
    [InlineData("pax")]
    [InlineData("ustar")]
    [InlineData("v7")]
    public async Task Tar_OfGnuTar_IsImported(string format)
    {
        var path = fixture.NewPath();
        if (await RunAsync("tar", $"--format={format}", "-C", fixture.Directory, "-cf", path, ".") is not { } packed)
            return;
        packed.Code.Should().Be(0, packed.Output);
        await using var target = new TestEnvironment("staging", EnvironmentKind.Staging);
        await using var file = File.OpenRead(path);
        (await BundleFixture.Bundles(target.Context).ImportTarAsync(file)).Manifest.Should().Be(fixture.Version.Manifest);
    }

    [Fact]
    public async Task Tar_OfAnExport_IsReadByOthers()
    {
        var path = fixture.NewPath();
        await using (var file = File.Create(path))
            await BundleFixture.Bundles(fixture.Source).ExportTarAsync(fixture.Version.Ref, file);
        var read = new List<string>();
        using (var reader = new TarReader(File.OpenRead(path)))
        {
            while (await reader.GetNextEntryAsync(copyData: true) is { } entry)
            {
                entry.EntryType.Should().Be(TarEntryType.RegularFile);
                entry.Mode.Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
                entry.ModificationTime.Should().Be(DateTimeOffset.UnixEpoch);
                using var content = new MemoryStream();
                entry.DataStream?.CopyTo(content);
                content.ToArray().Should().Equal(fixture.Layout.Files[entry.Name]);
                read.Add(entry.Name);
            }
        }

        read.Should().Equal(fixture.Layout.Files.Keys);
        if (await RunAsync("tar", "-tf", path) is { } listed)
            listed.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Should().Equal(read);
    }

    [Fact]
    public async Task Tar_WithAFileAbove8GiB_HasASizeThatOthersRead()
    {
        using var tar = new MemoryStream();
        var header = new byte[512];
        TarHeader.Write(header, "index.json", 9L << 30);
        TarHeader.Read(header, 0).Size.Should().Be(9L << 30);
        var path = fixture.NewPath();
        await File.WriteAllBytesAsync(path, header);
        if (await RunAsync("tar", "-tvf", path) is { } listed)
            listed.Output.Should().Contain("9663676416");
    }

    private async Task<(int Code, string Output)?> RunAsync(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var (standard, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync();
            var code = process.ExitCode;
            return (code, code == 0 ? await standard : await standard + await error);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            output.WriteLine($"'{program}' is not on this machine: nothing was compared with it.");
            return null;
        }
    }
}
