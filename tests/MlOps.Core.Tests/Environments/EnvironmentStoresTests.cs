using MlOps.Environments;
using MlOps.Testing;

namespace MlOps.Core.Tests.Environments;

public sealed class EnvironmentStoresTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Environment_AfterARestart_HasEverythingItAcknowledged()
    {
        await using var environment = new TestEnvironment();
        var context = environment.Context;
        var artifact = await context.Artifacts.PutBytesAsync(new byte[] { 1, 2, 3 }, "application/octet-stream");
        await context.Events.AppendAsync("test.thing.happened", "thing");
        await context.Metadata.WriteAsync(async (session, _) =>
        {
            await context.Audit.AppendAsync(session, new AuditEntry("test.thing.done", "thing"));
            return 0;
        });

        context = await environment.ReopenAsync();

        (await context.Artifacts.GetBytesAsync(artifact)).Should().Equal(1, 2, 3);
        (await context.Events.ReadAsync()).Should().ContainSingle(e => e.Type == "test.thing.happened");
        (await context.Audit.ReadAsync()).Should().ContainSingle(r => r.Entry.Subject == "thing");
        context.Name.Should().Be("sandbox");
    }

    [Fact]
    public async Task Directory_OfAnotherEnvironment_IsRefusedNamingBoth()
    {
        await EnvironmentStores.OpenEmbedded("sandbox", EnvironmentKind.Sandbox, _directory.Path).DisposeAsync();
        this.Invoking(_ => EnvironmentStores.OpenEmbedded("production", EnvironmentKind.Production, _directory.Path))
            .Should().Throw<EnvironmentIsolationException>().WithMessage($"*{_directory.Path}*'sandbox'*'production'*");
    }

    [Fact]
    public async Task Metadata_OfAnotherEnvironment_IsRefusedEvenWithAFittingStamp()
    {
        await EnvironmentStores.OpenEmbedded("sandbox", EnvironmentKind.Sandbox, _directory["a"]).DisposeAsync();
        Directory.CreateDirectory(_directory["b"]);
        File.Copy(Path.Combine(_directory["a"], "metadata.db"), Path.Combine(_directory["b"], "metadata.db"));
        this.Invoking(_ => EnvironmentStores.OpenEmbedded("production", EnvironmentKind.Production, _directory["b"]))
            .Should().Throw<EnvironmentIsolationException>().WithMessage("*'sandbox'*'production'*");
    }

    [Fact]
    public void Path_ThatIsAFile_SaysSo()
    {
        File.WriteAllText(_directory["file"], "");
        this.Invoking(_ => EnvironmentStores.OpenEmbedded("sandbox", EnvironmentKind.Sandbox, _directory["file"]))
            .Should().Throw<StorageException>().WithMessage("*is a file*");
        this.Invoking(_ => EnvironmentStores.OpenEmbedded("sandbox", EnvironmentKind.Sandbox, _directory["file/below"]))
            .Should().Throw<StorageException>().WithMessage("*is a file*");
    }

    [Fact]
    public void Mistakes_Several_AreAllListed()
    {
        File.WriteAllText(_directory["file"], "");
        this.Invoking(_ => EnvironmentStores.OpenEmbedded("Bad name!", EnvironmentKind.Sandbox, _directory["file"]))
            .Should().Throw<InvalidDefinitionException>().WithMessage("*Bad name!*is not allowed*is a file*");
        EnvironmentStores.Validate("Bad name!", "").Should().HaveCount(2);
        EnvironmentStores.Validate("sandbox", _directory["new"]).Should().BeEmpty();
    }

    [Fact]
    public void Directory_ThatCannotBeMade_IsATypedErrorWithThePath()
    {
        if (!OperatingSystem.IsLinux())
            return;
        this.Invoking(_ => EnvironmentStores.OpenEmbedded("sandbox", EnvironmentKind.Sandbox, "/proc/mlops"))
            .Should().Throw<StorageException>().WithMessage("*'/proc/mlops'*");
    }

    [Fact]
    public async Task Stamp_OfANewerFormat_IsRefused()
    {
        await EnvironmentStores.OpenEmbedded("sandbox", EnvironmentKind.Sandbox, _directory.Path).DisposeAsync();
        var stamp = _directory["environment.json"];
        File.WriteAllText(stamp, File.ReadAllText(stamp).Replace("\"format\": 1", "\"format\": 2", StringComparison.Ordinal));
        this.Invoking(_ => EnvironmentStores.OpenEmbedded("sandbox", EnvironmentKind.Sandbox, _directory.Path))
            .Should().Throw<InvalidDefinitionException>().WithMessage("*format 2*");
        File.WriteAllText(stamp, "{");
        this.Invoking(_ => EnvironmentStores.OpenEmbedded("sandbox", EnvironmentKind.Sandbox, _directory.Path))
            .Should().Throw<CorruptDataException>().WithMessage($"*{stamp}*");
    }

    [Fact]
    public async Task Open_ByManyAtOnce_AgreesOnOneEnvironment()
    {
        var opened = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() =>
        {
            try
            {
                return EnvironmentStores.OpenEmbedded(i % 2 == 0 ? "even" : "odd", EnvironmentKind.Sandbox, _directory.Path);
            }
            catch (EnvironmentIsolationException)
            {
                return null;
            }
        })));
        opened.OfType<EnvironmentStores>().Select(s => s.Context.Name).Distinct().Should().ContainSingle();
        foreach (var stores in opened.OfType<EnvironmentStores>())
            await stores.DisposeAsync();
        Directory.GetFiles(_directory.Path, ".*").Should().BeEmpty();
    }
}
