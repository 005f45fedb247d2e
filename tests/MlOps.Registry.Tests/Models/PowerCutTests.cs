using MlOps.Artifacts;
using MlOps.Testing;

namespace MlOps.Registry.Tests;

public sealed class PowerCutTests
{
    [Fact]
    public async Task Register_PowerCutAtEveryFileCall_NoVisibleVersionLacksABlob()
    {
        await using var environment = new TestEnvironment();
        var random = new Random(7);
        var visible = 0;
        for (var crashAt = 1; ; crashAt++)
        {
            var files = new FaultyFileSystem();
            var model = $"churn{crashAt}";
            var crashed = false;
            try
            {
                var context = With(environment.Context, FileArtifactStore.Open(files, "/store"));
                files.CrashAt = files.Calls + crashAt;
                await new SqlModelRegistry(context).RegisterAsync(await Drafts.SmallAsync(context, model));
            }
            catch (SimulatedCrashException)
            {
                crashed = true;
            }

            var after = FileArtifactStore.Open(files.Crash(random), "/store");
            foreach (var version in await new SqlModelRegistry(environment.Context).ListAsync(model))
            {
                visible++;
                foreach (var content in version.Artifacts.Select(artifact => artifact.Content))
                    (await after.GetBytesAsync(content)).Length.Should().Be((int)content.Size);
            }

            if (!crashed)
            {
                crashAt.Should().BeGreaterThan(3, "a blob takes at least a create, a write and a flush");
                break;
            }
        }

        visible.Should().BeGreaterThan(0);
    }

    private static EnvironmentContext With(EnvironmentContext context, IArtifactStore artifacts) => new()
    {
        Name = context.Name,
        Kind = context.Kind,
        Directory = context.Directory,
        Files = context.Files,
        Metadata = context.Metadata,
        Artifacts = artifacts,
        Events = context.Events,
        Audit = context.Audit,
        Caller = context.Caller,
        Clock = context.Clock,
    };
}
