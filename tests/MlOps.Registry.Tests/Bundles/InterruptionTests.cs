using System.Reflection;
using MlOps.Artifacts;
using MlOps.Files;
using MlOps.Testing;

namespace MlOps.Registry.Tests;

public sealed class InterruptionTests(BundleFixture fixture) : IClassFixture<BundleFixture>
{
    [Fact]
    public async Task Import_PowerCutAtEveryFileCall_ShowsAWholeVersionOrNone()
    {
        var random = new Random(5);
        var layout = fixture.Layout;
        for (var crashAt = 1; ; crashAt++)
        {
            var files = new FaultyFileSystem();
            var crashed = false;
            await using var fresh = new TestEnvironment("staging", EnvironmentKind.Staging);
            using var tar = layout.ToTar();
            try
            {
                var context = BundleFixture.With(fresh.Context, FileArtifactStore.Open(files, "/store"));
                files.CrashAt = files.Calls + crashAt;
                await BundleFixture.Bundles(context).ImportTarAsync(tar);
            }
            catch (SimulatedCrashException)
            {
                crashed = true;
            }

            var recovered = BundleFixture.With(fresh.Context, FileArtifactStore.Open(files.Crash(random), "/store"));
            foreach (var version in await new SqlModelRegistry(recovered).ListAsync("churn"))
            {
                foreach (var content in version.Artifacts.Select(artifact => artifact.Content))
                    (await recovered.Artifacts.GetBytesAsync(content)).LongLength.Should().Be(content.Size);
            }

            tar.Position = 0;
            (await BundleFixture.Bundles(recovered).ImportTarAsync(tar)).Ref.Should().Be(new ModelVersionRef("churn", 1), "a killed import is run again");
            if (!crashed)
            {
                crashAt.Should().BeGreaterThan(10);
                break;
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Import_EveryStoreCallFailingOnce_LeavesNothingHalfAndCanBeRepeated(bool afterwards)
    {
        for (var failAt = 0; ; failAt++)
        {
            await using var target = new TestEnvironment("staging", EnvironmentKind.Staging);
            var failing = new FailingArtifacts(target.Context.Artifacts, failAt, afterwards);
            try
            {
                await BundleFixture.Bundles(BundleFixture.With(target.Context, failing)).ImportAsync(fixture.Directory);
            }
            catch (StorageException)
            {
                (await new SqlModelRegistry(target.Context).ListModelsAsync()).Should().BeEmpty();
            }

            (await BundleFixture.Bundles(target.Context).ImportAsync(fixture.Directory)).Ref.Should().Be(new ModelVersionRef("churn", 1));
            if (!failing.Failed)
                break;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Export_EveryFileCallFailingOnce_LeavesAWholeLayoutOrNone(bool killed)
    {
        for (var failAt = 1; ; failAt++)
        {
            using var parent = new TemporaryDirectory();
            var files = new InterruptedFiles(failAt, killed);
            var failed = false;
            try
            {
                await BundleFixture.Bundles(BundleFixture.With(fixture.Source, files: files)).ExportAsync(fixture.Version.Ref, parent["out"]);
            }
            catch (Exception error) when (error is StorageException or SimulatedCrashException)
            {
                failed = true;
            }

            if (Directory.Exists(parent["out"]))
                LayoutFiles.Read(parent["out"]).Files.Should().BeEquivalentTo(fixture.Layout.Files);
            if (!killed)
                Directory.GetFileSystemEntries(parent.Path).Where(path => path != parent["out"]).Should().BeEmpty("what failed is cleaned up");
            if (!failed)
            {
                failAt.Should().BeGreaterThan(20);
                break;
            }
        }
    }

    [Fact]
    public async Task Export_IsNamedOnlyAfterEverythingInItIsDurable()
    {
        using var parent = new TemporaryDirectory();
        var files = new InterruptedFiles(int.MaxValue, killed: false);
        await BundleFixture.Bundles(BundleFixture.With(fixture.Source, files: files)).ExportAsync(fixture.Version.Ref, parent["out"]);
        var publish = files.Calls.FindIndex(call => call.StartsWith("publish", StringComparison.Ordinal));
        var before = files.Calls[..publish];
        foreach (var created in before.Where(call => call.StartsWith("create ", StringComparison.Ordinal)))
        {
            var path = created["create ".Length..];
            before.Should().Contain($"flush {path}");
            before.LastIndexOf($"flush directory {Path.GetDirectoryName(path)}").Should().BeGreaterThan(before.IndexOf(created));
        }

        before.Count(call => call.StartsWith("create ", StringComparison.Ordinal)).Should().Be(fixture.Layout.Files.Count);
        files.Calls[(publish + 1)..].Should().Contain($"flush directory {parent.Path}");
    }

    [Fact]
    public async Task Import_BlobsThatACollectionTakesMeanwhile_AreWrittenAnew()
    {
        await using var target = new TestEnvironment("staging", EnvironmentKind.Staging);
        foreach (var artifact in fixture.Version.Artifacts)
            await target.Context.Artifacts.PutBytesAsync(await fixture.Source.Artifacts.GetBytesAsync(artifact.Content), "any/thing");
        var registry = DispatchProxy.Create<IModelRegistry, CollectingRegistry>();
        ((CollectingRegistry)registry).Context = target.Context;
        var version = await new ModelBundles(target.Context, registry, []).ImportAsync(fixture.Directory);
        version.Manifest.Should().Be(fixture.Version.Manifest);
        foreach (var artifact in version.Artifacts)
            (await target.Context.Artifacts.GetBytesAsync(artifact.Content)).LongLength.Should().Be(artifact.Content.Size);
    }

    /// <summary>Collects every blob once, just before a registration.</summary>
    public class CollectingRegistry : DispatchProxy
    {
        private bool _collected;

        internal EnvironmentContext Context { get; set; } = null!;

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (!_collected && targetMethod!.Name == nameof(IModelRegistry.RegisterAsync))
            {
                Context.Artifacts.CollectAsync((_, _) => ValueTask.FromResult(false), DateTimeOffset.MaxValue).AsTask().GetAwaiter().GetResult();
                _collected = true;
            }

            return targetMethod!.Invoke(new SqlModelRegistry(Context), args);
        }
    }

    /// <summary>The local disk, but one call fails, or it and all after it do, as when the process dies there.</summary>
    private sealed class InterruptedFiles(int failAt, bool killed) : IFileSystem
    {
        private readonly PhysicalFileSystem _inner = new();

        public List<string> Calls { get; } = [];

        public IDurableFile CreateNew(string path)
        {
            Enter($"create {path}");
            return new File(this, _inner.CreateNew(path));
        }

        public IDurableFile OpenAppend(string path) => _inner.OpenAppend(path);

        public Stream OpenRead(string path) => _inner.OpenRead(path);

        public bool Publish(string temporaryPath, string finalPath)
        {
            Enter($"publish {finalPath}");
            return _inner.Publish(temporaryPath, finalPath);
        }

        public void Replace(string temporaryPath, string finalPath) => _inner.Replace(temporaryPath, finalPath);

        public void FlushDirectory(string directory)
        {
            Enter($"flush directory {directory}");
            _inner.FlushDirectory(directory);
        }

        public void CreateDirectory(string directory)
        {
            Enter($"make {directory}");
            _inner.CreateDirectory(directory);
        }

        public void Touch(string path) => _inner.Touch(path);

        public void Delete(string path)
        {
            Enter($"delete {path}");
            _inner.Delete(path);
        }

        public bool FileExists(string path) => _inner.FileExists(path);

        public long FileLength(string path) => _inner.FileLength(path);

        public DateTimeOffset LastWriteTime(string path) => _inner.LastWriteTime(path);

        public IReadOnlyList<string> ListFiles(string directory, bool recursive = false) => _inner.ListFiles(directory, recursive);

        private void Enter(string call)
        {
            Calls.Add(call);
            if (killed && Calls.Count >= failAt)
                throw new SimulatedCrashException();
            if (Calls.Count == failAt)
                throw new StorageException($"Could not {call}: Input/output error (error 5).");
        }

        private sealed class File(InterruptedFiles files, IDurableFile inner) : IDurableFile
        {
            public string Path => inner.Path;

            public long Length => inner.Length;

            public void Write(ReadOnlySpan<byte> bytes)
            {
                files.Enter($"write {Path}");
                inner.Write(bytes);
            }

            public void Flush()
            {
                files.Enter($"flush {Path}");
                inner.Flush();
            }

            public void Truncate(long length) => inner.Truncate(length);

            public void Dispose() => inner.Dispose();
        }
    }
}
