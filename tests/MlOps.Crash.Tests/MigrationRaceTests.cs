using System.Formats.Tar;
using System.IO.Compression;
using MlOps.Registry;
using MlOps.Testing;

namespace MlOps.Crash.Tests;

public sealed class MigrationRaceTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task EarlierStore_OpenedByFourProcessesAtOnce_IsMigratedOnce()
    {
        using (var file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "stores", "v1.tar.gz")))
        using (var unpacked = new GZipStream(file, CompressionMode.Decompress))
        {
            Directory.CreateDirectory(_directory["store"]);
            await TarFile.ExtractToDirectoryAsync(unpacked, _directory["store"], overwriteFiles: false);
        }

        var children = Enumerable.Range(0, 4).Select(_ => new ChildProcess("open", "staging", _directory["store"])).ToList();
        foreach (var child in children)
            (await child.Output.ReadLineAsync()).Should().Be("ready");
        await File.WriteAllTextAsync(_directory["start"], "");
        foreach (var child in children)
        {
            var said = await child.Output.ReadToEndAsync();
            (await child.ExitAsync(), await child.Errors).Should().Be((0, ""));
            said.Trim().Should().Be("3 versions, 3 runs");
            child.Dispose();
        }

        await using var host = RegistryHost.Open(_directory["store"], "staging");
        (await host.Models.GetAsync(new ModelVersionRef("eta", 1))).Tags.Should().HaveCount(4);
        (await host.Experiments.ListExperimentsAsync()).Should().ContainSingle();
        (await host.Context.Audit.VerifyAsync()).Should().BeNull();
    }
}
