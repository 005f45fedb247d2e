using System.Diagnostics;
using MlOps.Artifacts;
using MlOps.Files;
using MlOps.Testing;

namespace MlOps.Core.Tests.Artifacts;

/// <summary>Power cuts and failing calls at every file call of uploads, sharing, collection and rewriting of packs; a disk that fills.</summary>
public sealed class ChunkedCrashTests
{
    private static readonly string Root = OperatingSystem.IsWindows() ? @"C:\store" : "/store";
    private static readonly byte[] First = Chunked.Bytes(1, 40_000);
    private static readonly byte[] Second = [.. First[..12_000], .. Chunked.Bytes(2, 3000)];
    private static readonly byte[] Third = [.. Second, .. Chunked.Bytes(3, 6000)];

    [Fact]
    public async Task Store_AtEveryCrashPoint_KeepsWhatItAcknowledgedAndShowsNothingHalf()
    {
        var states = 0;
        for (var at = 1; ; at++)
        {
            var files = new FaultyFileSystem { CrashAt = at };
            var acknowledged = await WorkAsync(files);
            for (var seed = 0; seed < 12; seed++, states++)
                await ExpectSoundAsync(files.Crash(new Random((at * 1000) + seed)), acknowledged, $"call {at}, seed {seed}");
            if (files.Calls < at)
                break;
        }

        states.Should().BeGreaterThan(1000);
    }

    [Fact]
    public async Task Store_WithAnyCallFailing_AcknowledgesNothingFalse()
    {
        for (var at = 1; ; at++)
        {
            var files = new FaultyFileSystem { FailAt = at };
            var acknowledged = await WorkAsync(files);
            await ExpectSoundAsync(files, acknowledged, $"call {at}");
            await ExpectSoundAsync(files.Crash(new Random(at)), acknowledged, $"call {at}, then a power cut");
            if (files.Calls < at)
                break;
        }
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Store_OnADiskThatIgnoresFlushes_IsCaught(bool ignoreFileFlush, bool ignoreDirectoryFlush)
    {
        var broken = 0;
        for (var seed = 0; seed < 20; seed++)
        {
            var files = new FaultyFileSystem { IgnoreFileFlush = ignoreFileFlush, IgnoreDirectoryFlush = ignoreDirectoryFlush };
            var acknowledged = await WorkAsync(files);
            try
            {
                await ExpectSoundAsync(files.Crash(new Random(seed)), acknowledged, "");
            }
            catch (Exception exception) when (exception is MlOpsException or Xunit.Sdk.XunitException)
            {
                broken++;
            }
        }

        broken.Should().BePositive();
    }

    [Fact]
    public async Task FullAndReadOnlyDisk_IsAClearErrorAndWorksAgainAfterwards()
    {
        using var directory = new TemporaryDirectory();
        if (!OperatingSystem.IsLinux() || !Run("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", directory.Path))
            return;
        try
        {
            var store = FileArtifactStore.Open(new PhysicalFileSystem(), directory.Path, options: Chunked.Options);
            var first = await store.PutAsync(First);
            (await store.Awaiting(s => s.PutAsync(Chunked.Bytes(9, 4 << 20))).Should().ThrowAsync<StorageException>()).WithMessage("*disk is full*");
            Directory.GetFiles(directory["temporary"]).Should().BeEmpty();
            (await store.ReadAsync(first)).Should().Equal(First);
            (await store.ReadAsync(await store.PutAsync(Chunked.Bytes(9, 1 << 20)))).Should().HaveCount(1 << 20);

            Run("mount", "-o", "remount,ro", directory.Path).Should().BeTrue();
            (await store.Awaiting(s => s.PutAsync(Chunked.Bytes(10, 50_000))).Should().ThrowAsync<StorageException>()).WithMessage("*read-only*");
            (await store.Awaiting(s => s.PutAsync(Chunked.Bytes(10, 500))).Should().ThrowAsync<StorageException>()).WithMessage("*read-only*");
            (await store.ReadAsync(first)).Should().Equal(First);
            Run("mount", "-o", "remount,rw", directory.Path).Should().BeTrue();
            await store.PutAsync(Chunked.Bytes(10, 50_000));
        }
        finally
        {
            Run("umount", directory.Path).Should().BeTrue();
        }
    }

    private static IArtifactStore Open(IFileSystem files) =>
        FileArtifactStore.Open(files, Root, new FakeClock(new DateTimeOffset(2001, 1, 1, 0, 0, 0, TimeSpan.Zero)), Chunked.Options);

    /// <summary>Puts, a shared put, a collection that rewrites, an upload in pieces; what was acknowledged and is wanted still.</summary>
    private static async Task<List<(ArtifactRef Artifact, byte[] Bytes)>> WorkAsync(FaultyFileSystem files)
    {
        var acknowledged = new List<(ArtifactRef Artifact, byte[] Bytes)>();
        var wanted = new HashSet<ArtifactDigest> { ArtifactDigest.Of(Second), ArtifactDigest.Of(Third), ArtifactDigest.Of(First.AsSpan(0, 100)) };
        foreach (var step in (Func<IArtifactStore, Task>[])
        [
            store => store.PutAsync(First),
            async store => acknowledged.Add((await store.PutAsync(Second), Second)),
            async store => acknowledged.Add((await store.PutAsync(First[..100]), First[..100])),
            async store => await store.CollectAsync((digest, _) => ValueTask.FromResult(wanted.Contains(digest)), DateTimeOffset.MaxValue),
            async store =>
            {
                var upload = await store.BeginUploadAsync("third");
                using var content = new MemoryStream(Third);
                await upload.AppendAsync(content);
                acknowledged.Add((await upload.CompleteAsync("a/b"), Third));
            },
            async store => acknowledged.Add((await store.PutAsync(Second), Second)),
        ])
        {
            try
            {
                await step(Open(files));
            }
            catch (SimulatedCrashException)
            {
                break;
            }
            catch (StorageException)
            {
                // A typed error, and nothing acknowledged: the next step goes on.
            }
        }

        return acknowledged;
    }

    private static async Task ExpectSoundAsync(FaultyFileSystem files, List<(ArtifactRef Artifact, byte[] Bytes)> acknowledged, string because)
    {
        files.FailAt = 0;
        var store = Open(files);
        foreach (var (artifact, bytes) in acknowledged)
            (await store.ReadAsync(artifact)).Should().Equal(bytes, because);
        await foreach (var digest in store.ListAsync())
        {
            await using var stream = await store.OpenReadAsync(digest);
            await stream.CopyToAsync(Stream.Null);
        }

        // And it goes on from there.
        (await store.ReadAsync(await store.PutAsync(Third))).Should().Equal(Third, because);
    }

    private static bool Run(string command, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
