using MlOps.Registry;
using MlOps.Testing;

namespace MlOps.Crash.Tests;

/// <summary>Real disks that are full or read-only, and directories without rights.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [RootFact]
    public async Task Registry_OnAFullDisk_RefusesClearlyAndServesAgainOnceThereIsSpace()
    {
        LoopImage.Run("mount", "-t", "tmpfs", "-o", "size=12m", "none", _directory.Path);
        try
        {
            var store = _directory["store"];
            var acknowledged = new Acknowledgements();
            await using (var host = RegistryHost.Open(store))
            {
                await AddAsync(host, acknowledged, 1);
                Fill(_directory["filler"]);

                var upload = () => host.UploadAsync(100, new byte[300_000]);
                (await upload.Should().ThrowAsync<StorageException>()).WithMessage("*full*free space*");
                var tags = async () =>
                {
                    for (var i = 0; i < 200; i++)
                        await host.Models.SetTagsAsync(new ModelVersionRef("churn", 1), new Dictionary<string, string?> { [$"tag{i}"] = new string('x', 4000) });
                };
                (await tags.Should().ThrowAsync<StorageException>()).WithMessage("*full*free space*");
                (await host.Models.GetAsync(new ModelVersionRef("churn", 1))).Version.Should().Be(1, "reading goes on");

                File.Delete(_directory["filler"]);
                await AddAsync(host, acknowledged, 2);
            }

            (await RegistryCheck.RunAsync(store, acknowledged)).Should().BeEmpty();
            (await RegistryCheck.SweepAsync(store, acknowledged)).Should().BeEmpty();
        }
        finally
        {
            LoopImage.Run("umount", "-l", _directory.Path);
        }
    }

    [RootFact]
    public async Task Registry_WhoseArtifactsBecomeReadOnly_RefusesClearlyAndServesAgainAfterwards()
    {
        var store = _directory["store"];
        var artifacts = Path.Combine(store, "artifacts");
        var acknowledged = new Acknowledgements();
        await using (var host = RegistryHost.Open(store))
        {
            await AddAsync(host, acknowledged, 1);
            LoopImage.Run("mount", "--bind", artifacts, artifacts);
            try
            {
                LoopImage.Run("mount", "-o", "remount,ro,bind", artifacts);
                var upload = () => host.UploadAsync(100, new byte[30_000]);
                (await upload.Should().ThrowAsync<StorageException>()).WithMessage("*read-only*mount it for writing*");
                (await host.Models.GetAsync(new ModelVersionRef("churn", 1))).Version.Should().Be(1, "reading goes on");
            }
            finally
            {
                LoopImage.Run("umount", artifacts);
            }

            await AddAsync(host, acknowledged, 2);
        }

        (await RegistryCheck.RunAsync(store, acknowledged)).Should().BeEmpty();
    }

    [Fact]
    public async Task Registry_InAReadOnlyDirectory_SaysSoWhenItOpens()
    {
        if (OperatingSystem.IsWindows())
            return;
        var store = _directory["store"];
        await RegistryHost.Open(store).DisposeAsync();
        var root = Environment.IsPrivilegedProcess;
        if (root)
        {
            LoopImage.Run("mount", "--bind", store, store);
            LoopImage.Run("mount", "-o", "remount,ro,bind", store);
        }
        else
        {
            File.SetUnixFileMode(store, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        try
        {
            var open = () => RegistryHost.Open(store);
            open.Should().Throw<StorageException>().WithMessage(root ? "*read-only*choose another directory*" : "*right to write there*");
        }
        finally
        {
            if (root)
                LoopImage.Run("umount", store);
            else
                File.SetUnixFileMode(store, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        await RegistryHost.Open(store).DisposeAsync();
    }

    private static async Task AddAsync(RegistryHost host, Acknowledgements acknowledged, int seed)
    {
        var bytes = new byte[50_000];
        new Random(seed).NextBytes(bytes);
        var stored = await host.UploadAsync(seed, bytes);
        acknowledged.Add($"U {stored.Digest} {seed} .");
        var draft = await new ModelVersionBuilder(host.Context.Artifacts, "churn")
            .WithSignature(new ModelSignature([], [], []))
            .With(ModelArtifactKind.Functions, "weights", bytes, "application/octet-stream")
            .BuildAsync();
        var version = await host.Models.RegisterAsync(draft);
        acknowledged.Add($"V churn {version.Version} {version.Manifest.Digest} - .");
        var move = await host.Models.SetAliasAsync(version.Ref, "champion", "seed-" + seed);
        acknowledged.Add($"A churn champion {move.From ?? 0} {move.To ?? 0} {move.Reason} .");
    }

    private static void Fill(string path)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        foreach (var size in new[] { 1 << 20, 1 << 12, 1 })
        {
            try
            {
                while (true)
                    file.Write(new byte[size]);
            }
            catch (IOException)
            {
                // Full for this size.
            }
        }
    }
}
