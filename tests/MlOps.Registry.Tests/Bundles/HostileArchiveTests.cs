using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using MlOps.Testing;

namespace MlOps.Registry.Tests;

/// <summary>Tar files and directories with what a layout never has. The tar entries are written by System.Formats.Tar.</summary>
public sealed class HostileArchiveTests(BundleFixture fixture) : IClassFixture<BundleFixture>
{
    [Theory]
    [InlineData("../evil", "*'../evil', which is not part*")]
    [InlineData("/etc/passwd", "*'/etc/passwd', which is not part*")]
    [InlineData("blobs/../../evil", "*not part*")]
    [InlineData("blobs/sha256/../../../evil", "*not part*")]
    [InlineData("blobs\\sha256\\evil", "*not part*")]
    [InlineData("readme.txt", "*not part*")]
    [InlineData("index.json ", "*not part*")]
    [InlineData("././index.json", "*not part*")]
    [InlineData("index.json", "*twice*")]
    [InlineData("./index.json", "*twice*")]
    [InlineData("blobs/sha512/aaaa", "*not part*")]
    public async Task Tar_WithAStrangeName_IsRefused(string name, string message)
    {
        foreach (var format in new[] { TarEntryFormat.Ustar, TarEntryFormat.Pax, TarEntryFormat.Gnu, TarEntryFormat.V7 })
        {
            using var tar = With(format, Entry(format, format == TarEntryFormat.V7 ? TarEntryType.V7RegularFile : TarEntryType.RegularFile, name));
            await fixture.Target.ShouldRefuseAsync(tar, message);
        }
    }

    [Theory]
    [InlineData(TarEntryType.SymbolicLink, "*a symbolic link*")]
    [InlineData(TarEntryType.HardLink, "*a hard link*")]
    [InlineData(TarEntryType.CharacterDevice, "*a device*")]
    [InlineData(TarEntryType.BlockDevice, "*a device*")]
    [InlineData(TarEntryType.Fifo, "*a pipe*")]
    public async Task Tar_WithALinkOrADevice_IsRefused(TarEntryType type, string message)
    {
        foreach (var format in new[] { TarEntryFormat.Ustar, TarEntryFormat.Pax, TarEntryFormat.Gnu })
        {
            var entry = Entry(format, type, "blobs/sha256/" + new string('a', 64));
            if (type is TarEntryType.SymbolicLink or TarEntryType.HardLink)
                entry.LinkName = "/etc/passwd";
            using var tar = With(format, entry);
            await fixture.Target.ShouldRefuseAsync(tar, message);
        }
    }

    [Fact]
    public async Task Tar_WithAStrangeDirectory_IsRefused()
    {
        using var tar = With(TarEntryFormat.Ustar, Entry(TarEntryFormat.Ustar, TarEntryType.Directory, "../up/"));
        await fixture.Target.ShouldRefuseAsync(tar, "*directory '../up/'*");
    }

    [Fact]
    public async Task Tar_WithALongName_IsRefused()
    {
        using var gnu = With(TarEntryFormat.Gnu, Entry(TarEntryFormat.Gnu, TarEntryType.RegularFile, new string('a', 300)));
        await fixture.Target.ShouldRefuseAsync(gnu, "*GNU long name*");
        using var pax = With(TarEntryFormat.Pax, Entry(TarEntryFormat.Pax, TarEntryType.RegularFile, new string('a', 300)));
        await fixture.Target.ShouldRefuseAsync(pax, "*not part*");
        using var strange = With(TarEntryFormat.Pax, Entry(TarEntryFormat.Pax, TarEntryType.RegularFile, "blöbs"));
        await fixture.Target.ShouldRefuseAsync(strange, "*not printable ASCII*");
    }

    [Fact]
    public async Task Tar_CutOffAnywhere_IsRefused()
    {
        var whole = fixture.Layout.ToTar().ToArray();
        foreach (var length in Enumerable.Range(0, whole.Length / 512).Select(block => block * 512).Concat([1, 511, 513, whole.Length - 1]))
        {
            using var tar = new MemoryStream(whole, 0, length);
            await fixture.Target.ShouldRefuseAsync(tar, "*");
        }
    }

    [Fact]
    public async Task Tar_Compressed_IsRefusedAndNotUnpacked()
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
            fixture.Layout.ToTar().CopyTo(gzip);
        compressed.Position = 0;
        await fixture.Target.ShouldRefuseAsync(compressed, "*unpack gzip or zstd first*");
    }

    [Fact]
    public async Task Tar_ThatIsSomethingElse_IsRefused()
    {
        foreach (var bytes in new[] { "hello"u8.ToArray(), new byte[511], new byte[512], [.. Encoding.ASCII.GetBytes(new string('x', 2_000))], new byte[4 << 20] })
        {
            using var tar = new MemoryStream(bytes);
            await fixture.Target.ShouldRefuseAsync(tar, "*");
        }
    }

    [Fact]
    public async Task Tar_WithAHeaderThatClaimsATerabyte_IsRefused()
    {
        using var tar = new MemoryStream();
        var header = new byte[512];
        foreach (var size in new[] { 1L << 40, long.MaxValue, 0x1FFFFFFFFL })
        {
            TarHeader.Write(header, "index.json", size);
            tar.SetLength(0);
            tar.Write(header);
            tar.Write(new byte[1024]);
            tar.Position = 0;
            await fixture.Target.ShouldRefuseAsync(tar, $"*claims {size} bytes*");
        }
    }

    [Fact]
    public async Task Tar_With30000Entries_IsRefused()
    {
        using var tar = new MemoryStream();
        var header = new byte[512];
        for (var i = 0; i < 30_000; i++)
        {
            TarHeader.Write(header, $"blobs/sha256/{i:x64}", 0);
            tar.Write(header);
        }

        tar.Write(new byte[1024]);
        tar.Position = 0;
        await fixture.Target.ShouldRefuseAsync(tar, "*more than 20000 entries*");
    }

    [Fact]
    public async Task Tar_WithBytesAfterItsEnd_IsRefused()
    {
        using var tar = fixture.Layout.ToTar();
        tar.Position = tar.Length;
        tar.Write(new byte[700]);
        tar.Write("evil"u8);
        tar.Position = 0;
        await fixture.Target.ShouldRefuseAsync(tar, "*after its end*");
    }

    [Theory]
    [InlineData("10 size=ab\n")]
    [InlineData("99999 path=x\n")]
    [InlineData("hello")]
    [InlineData("12 size=-10\n")]
    [InlineData("40 size=99999999999999999999999999999\n")]
    public async Task Tar_WithASpoiledExtendedHeader_IsRefused(string records)
    {
        using var tar = new MemoryStream();
        var header = new byte[512];
        TarHeader.Write(header, "pax", records.Length);
        header[156] = (byte)'x';
        FixChecksum(header);
        tar.Write(header);
        tar.Write(Encoding.ASCII.GetBytes(records.PadRight(512, '\0')));
        fixture.Layout.ToTar().CopyTo(tar);
        tar.Position = 0;
        await fixture.Target.ShouldRefuseAsync(tar, "*extended header*");
    }

    [Fact]
    public async Task Stream_LongerThanTheBound_IsRefusedAndLeavesNoFile()
    {
        using var tar = ForwardOnly(fixture.Layout.ToTar());
        await fixture.Target.ShouldRefuseAsync(tar, "*more than 1000 bytes*", new BundleImportOptions { MaximumBytes = 1000 });
        Directory.GetFiles(Path.Combine(fixture.Target.Directory, "bundles")).Should().BeEmpty();
    }

    [Theory]
    [InlineData("index.json")]
    [InlineData("oci-layout")]
    [InlineData("blobs")]
    [InlineData("blobs/sha256")]
    [InlineData("blob")]
    public async Task Directory_WithASymbolicLink_IsRefused(string name)
    {
        using var elsewhere = new TemporaryDirectory();
        var directory = fixture.Layout.WriteTo(fixture.NewPath());
        var path = Path.Combine(directory, name == "blob" ? fixture.Layout.ManifestPath : name);
        var moved = elsewhere["moved"];
        if (Directory.Exists(path))
        {
            Directory.Move(path, moved);
            Directory.CreateSymbolicLink(path, moved);
        }
        else
        {
            File.Copy(path, moved);
            File.Delete(path);
            File.CreateSymbolicLink(path, moved);
        }

        await RefuseAsync(directory, "*symbolic link*");
    }

    [Fact]
    public async Task Directory_WithADirectoryInThePlaceOfAFile_IsRefused()
    {
        var directory = fixture.Layout.WriteTo(fixture.NewPath());
        File.Delete(Path.Combine(directory, fixture.Layout.ManifestPath));
        Directory.CreateDirectory(Path.Combine(directory, fixture.Layout.ManifestPath));
        await RefuseAsync(directory, "*does not have*");
        await RefuseAsync(fixture.NewPath(), "*no 'oci-layout'*");
        await RefuseAsync(Path.Combine(directory, "index.json"), "*no 'oci-layout'*");
    }

    [Fact]
    public async Task Directory_WithAPipe_IsRefusedWithoutWaiting()
    {
        if (OperatingSystem.IsWindows())
            return;
        foreach (var name in new[] { "oci-layout", "index.json", fixture.Layout.ManifestPath })
        {
            var directory = fixture.Layout.WriteTo(fixture.NewPath());
            File.Delete(Path.Combine(directory, name));
            using (var mkfifo = Process.Start("mkfifo", Path.Combine(directory, name)))
                await mkfifo.WaitForExitAsync();
            await RefuseAsync(directory, "*").WaitAsync(TimeSpan.FromSeconds(30));
        }
    }

    [Fact]
    public async Task Directory_WithMoreThanTheBundle_IsImported()
    {
        var layout = fixture.Layout;
        layout.SetText("readme.txt", "other people's files");
        layout.Put("another image's blob"u8.ToArray());
        await using var target = new TestEnvironment("staging", EnvironmentKind.Staging);
        (await BundleFixture.Bundles(target.Context).ImportAsync(layout.WriteTo(fixture.NewPath()))).Manifest.Should().Be(fixture.Version.Manifest);
    }

    private async Task RefuseAsync(string directory, string message)
    {
        await BundleFixture.Bundles(fixture.Target).Invoking(b => b.ImportAsync(directory).AsTask()).Should().ThrowAsync<MlOpsException>().WithMessage(message);
        await fixture.Target.ShouldBeIntactAsync();
    }

    private static TarEntry Entry(TarEntryFormat format, TarEntryType type, string name) => format switch
    {
        TarEntryFormat.Pax => new PaxTarEntry(type, name),
        TarEntryFormat.Gnu => new GnuTarEntry(type, name),
        TarEntryFormat.V7 => new V7TarEntry(type, name),
        _ => new UstarTarEntry(type, name),
    };

    // The strange entry stands last, so that all before it was accepted.
    private MemoryStream With(TarEntryFormat format, TarEntry strange)
    {
        var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, format, leaveOpen: true))
        {
            foreach (var (name, bytes) in fixture.Layout.Files)
            {
                var entry = Entry(format, format == TarEntryFormat.V7 ? TarEntryType.V7RegularFile : TarEntryType.RegularFile, name);
                entry.DataStream = new MemoryStream(bytes);
                writer.WriteEntry(entry);
            }

            writer.WriteEntry(strange);
        }

        tar.Position = 0;
        return tar;
    }

    private static void FixChecksum(byte[] header)
    {
        Array.Fill(header, (byte)' ', 148, 8);
        var sum = header.Sum(b => b);
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(header, 148);
    }

    private static Stream ForwardOnly(Stream content)
    {
        var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
            content.CopyTo(gzip);
        compressed.Position = 0;
        return new GZipStream(compressed, CompressionMode.Decompress);
    }
}
