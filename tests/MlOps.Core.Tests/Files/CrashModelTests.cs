using MlOps.Artifacts;
using MlOps.Testing;

namespace MlOps.Core.Tests.Files;

/// <summary>Every crash point of the artifact store in the model, and proof that the model catches the bugs it is there for.</summary>
public sealed class CrashModelTests
{
    private static readonly string Root = OperatingSystem.IsWindows() ? @"C:\store" : "/store";

    private static readonly byte[][] Blobs = [.. Enumerable.Range(0, 4).Select(i => Enumerable.Repeat((byte)(i + 1), 50 * (i + 1)).ToArray())];

    [Fact]
    public async Task ArtifactStore_AtEveryCrashPoint_KeepsWhatItAcknowledgedAndShowsNothingHalf()
    {
        var states = 0;
        for (var k = 1; ; k++)
        {
            var files = new FaultyFileSystem { CrashAt = k };
            var acknowledged = await PutAllAsync(files);
            for (var seed = 0; seed < 25; seed++, states++)
                (await BrokenPromisesAsync(files.Crash(new Random((k * 1000) + seed)), acknowledged)).Should().BeEmpty($"call {k}, seed {seed}");
            if (files.Calls < k)
                break;
        }

        states.Should().BeGreaterThan(700);
    }

    [Fact]
    public async Task ArtifactStore_WithAnyCallFailing_ReportsATypedErrorAndKeepsTheRest()
    {
        for (var k = 1; ; k++)
        {
            var files = new FaultyFileSystem { FailAt = k };
            var acknowledged = await PutAllAsync(files);
            (await BrokenPromisesAsync(files.Crash(new Random(k)), acknowledged)).Should().BeEmpty($"call {k}");
            if (files.Calls < k)
                break;
        }
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task ArtifactStore_OnADiskThatIgnoresFlushes_IsCaught(bool ignoreFileFlush, bool ignoreDirectoryFlush)
    {
        var broken = 0;
        for (var seed = 0; seed < 50; seed++)
        {
            var files = new FaultyFileSystem { IgnoreFileFlush = ignoreFileFlush, IgnoreDirectoryFlush = ignoreDirectoryFlush };
            var acknowledged = await PutAllAsync(files);
            broken += (await BrokenPromisesAsync(files.Crash(new Random(seed)), acknowledged)).Count;
        }

        broken.Should().BePositive();
    }

    [Theory]
    [InlineData("write flush publish directory", false)]
    [InlineData("write flush replace directory", false)]
    [InlineData("write publish directory", true)]
    [InlineData("write flush publish", true)]
    [InlineData("write publish flush directory", true)]
    [InlineData("write flush directory publish", true)]
    public void Protocol_WithAStepMissingOrSwapped_IsCaught(string steps, bool broken)
    {
        // Caught means: at some crash point and in some state, an acknowledged file is gone or a visible one is not whole.
        var caught = 0;
        var expected = "the content"u8.ToArray();
        for (var k = 1; k < 12; k++)
        {
            var files = new FaultyFileSystem();
            files.CreateDirectory(Root);
            files.CrashAt = files.Calls + k;
            var acknowledged = false;
            try
            {
                Save(files, steps, expected);
                acknowledged = true;
            }
            catch (SimulatedCrashException)
            {
                // The crash point.
            }

            for (var seed = 0; seed < 40; seed++)
            {
                var after = files.Crash(new Random((k * 100) + seed));
                var final = Path.Combine(Root, "final");
                if (after.FileExists(final) ? !Read(after, final).AsSpan().SequenceEqual(expected) : acknowledged)
                    caught++;
            }
        }

        (caught > 0).Should().Be(broken);
    }

    private static void Save(FaultyFileSystem files, string steps, byte[] content)
    {
        using var file = files.CreateNew(Path.Combine(Root, "temporary"));
        foreach (var step in steps.Split(' '))
        {
            switch (step)
            {
                case "write": file.Write(content); break;
                case "flush": file.Flush(); break;
                case "publish": files.Publish(file.Path, Path.Combine(Root, "final")); break;
                case "replace": files.Replace(file.Path, Path.Combine(Root, "final")); break;
                case "directory": files.FlushDirectory(Root); break;
            }
        }
    }

    private static byte[] Read(FaultyFileSystem files, string path)
    {
        using var stream = (MemoryStream)files.OpenRead(path);
        return stream.ToArray();
    }

    private static async Task<List<ArtifactRef>> PutAllAsync(FaultyFileSystem files)
    {
        var acknowledged = new List<ArtifactRef>();
        try
        {
            files.CreateDirectory(Root);
            var store = FileArtifactStore.Open(files, Root, new FakeClock());
            foreach (var blob in Blobs)
            {
                try
                {
                    acknowledged.Add(await store.PutBytesAsync(blob, "a/b"));
                }
                catch (StorageException)
                {
                    // Refused, hence not acknowledged.
                }
            }
        }
        catch (Exception exception) when (exception is SimulatedCrashException or StorageException)
        {
            // The crash point, or a store that could not be opened.
        }

        return acknowledged;
    }

    private static async Task<List<string>> BrokenPromisesAsync(FaultyFileSystem after, List<ArtifactRef> acknowledged)
    {
        var broken = new List<string>();
        after.CreateDirectory(Root);
        var store = FileArtifactStore.Open(after, Root, new FakeClock());
        foreach (var artifact in acknowledged)
        {
            if (!await store.ExistsAsync(artifact.ParsedDigest))
                broken.Add("lost " + artifact.Digest);
        }

        await foreach (var digest in store.ListAsync())
        {
            try
            {
                await using var stream = await store.OpenReadAsync(digest);
                await stream.CopyToAsync(Stream.Null);
            }
            catch (CorruptDataException)
            {
                broken.Add("half visible " + digest);
            }
        }

        return broken;
    }
}
