using MlOps.Registry;
using MlOps.Testing;

namespace MlOps.Crash.Tests;

/// <summary>The harness is tested, too: each bug that is planted around the stores must be caught, and for the right reason.</summary>
public sealed class PlantedBugTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly FastDirectory _memory = new();

    public void Dispose()
    {
        _directory.Dispose();
        _memory.Dispose();
    }

    [Fact]
    public async Task PostCrashStates_WithoutFileFlush_AreCaught()
    {
        var (_, _, broken) = await PostCrashStates.EnumerateAsync(_memory.Path, 4, bug: PlantedBug.NoFileFlush, stride: 3, first: 20);
        broken.Should().ContainMatch("*digest*");
    }

    [Fact]
    public async Task PostCrashStates_WithoutDirectoryFlush_AreCaught()
    {
        var (_, _, broken) = await PostCrashStates.EnumerateAsync(_memory.Path, 4, files => files.IgnoreDirectoryFlush = true, stride: 3, first: 20);
        broken.Should().ContainMatch("*There is no artifact*");
    }

    [PowerCutFact("xfs")]
    public async Task PowerCuts_WithoutFileFlush_AreCaught()
    {
        var report = await PowerCuts.RunAsync(_directory.Path, "xfs", cuts: 10, seed: 1, PlantedBug.NoFileFlush, mix: "uv");
        report.Broken.Should().ContainMatch("*digest*");
    }

    [PowerCutFact("ext4")]
    public async Task PowerCuts_WithSynchronousNormal_AreCaught()
    {
        var report = await PowerCuts.RunAsync(_directory.Path, "ext4", cuts: 10, seed: 1, PlantedBug.SynchronousNormal, mix: "uvat");
        report.Broken.Should().ContainMatch("*acknowledged*lost*");
    }

    [Fact]
    public async Task Kills_WithRowsBeforeBlobs_AreCaught()
    {
        var report = await RegistryKills.RunAsync(_directory.Path, 20, seed: 1, PlantedBug.MetadataFirst, mix: "uv");
        report.Broken.Should().ContainMatch("*There is no artifact*");
    }

    [Fact]
    public async Task Kills_WithAnswersBeforeTheCommit_AreCaught()
    {
        var report = await RegistryKills.RunAsync(_directory.Path, 20, seed: 1, PlantedBug.AcknowledgedEarly, mix: "u");
        report.Broken.Should().ContainMatch("*acknowledged upload*lost*");
    }

    [Fact]
    public async Task Check_AfterRetriesWithoutRollback_FindsThem()
    {
        await ChangeAsync(PlantedBug.RetryWithoutRollback);
        (await RegistryCheck.RunAsync(_memory.Path, new Acknowledgements())).Should().NotBeEmpty();
    }

    [Fact]
    public async Task Check_AfterAliasMovesWithoutHistory_FindsThem()
    {
        await ChangeAsync(PlantedBug.AliasWithoutHistory);
        (await RegistryCheck.RunAsync(_memory.Path, new Acknowledgements())).Should().ContainMatch("*its history says*");
    }

    [Fact]
    public async Task Check_AfterTheSameChangesWithoutABug_FindsNothing()
    {
        await ChangeAsync(PlantedBug.None);
        (await RegistryCheck.RunAsync(_memory.Path, new Acknowledgements())).Should().BeEmpty();
    }

    [Theory]
    [InlineData(nameof(PlantedBug.None))]
    [InlineData(nameof(PlantedBug.NoCondemnCheck))]
    public async Task Registration_WhoseBlobsAreCollectedMeanwhile_IsRefusedOrCaught(string bug)
    {
        var planted = Enum.Parse<PlantedBug>(bug);
        InterruptedMetadata? metadata = null;
        await using (var host = RegistryHost.Open(
            _memory.Path, bug: planted, decorate: context => RegistryHost.With(context, metadata: metadata = new InterruptedMetadata(context.Metadata, CollectAsync))))
        {
            var draft = await DraftAsync(host, 1);
            // After the registration has read the blobs, and before its transaction. The tables must be there by then.
            _ = await host.Models.ListModelsAsync();
            metadata!.Armed = true;
            var register = async () => await host.Models.RegisterAsync(draft);
            if (planted == PlantedBug.None)
                (await register.Should().ThrowAsync<NotFoundException>()).WithMessage("*was collected*Store its bytes again*");
            else
                await register.Should().NotThrowAsync();
        }

        var broken = await RegistryCheck.RunAsync(_memory.Path, new Acknowledgements());
        if (planted == PlantedBug.None)
            broken.Should().BeEmpty();
        else
            broken.Should().ContainMatch("churn:1:*There is no artifact*");

        async Task CollectAsync()
        {
            await using var other = RegistryHost.Open(_memory.Path, clock: new MovedClock(TimeSpan.FromDays(2)));
            (await other.Collector.CollectAsync()).Blobs.Should().BePositive();
        }
    }

    [Theory]
    [InlineData(nameof(PlantedBug.None))]
    [InlineData(nameof(PlantedBug.NoDigestCheck))]
    public async Task Registration_OfATornBlob_IsRefusedOrCaught(string bug)
    {
        var planted = Enum.Parse<PlantedBug>(bug);
        await using (var host = RegistryHost.Open(_memory.Path, bug: planted))
        {
            var draft = await DraftAsync(host, 1);
            Tear();
            var register = async () => await host.Models.RegisterAsync(draft);
            if (planted == PlantedBug.None)
                await register.Should().ThrowAsync<CorruptDataException>();
            else
                await register.Should().NotThrowAsync();
        }

        var broken = await RegistryCheck.RunAsync(_memory.Path, new Acknowledgements());
        if (planted == PlantedBug.None)
            broken.Should().BeEmpty();
        else
            broken.Should().ContainMatch("*digest*");
    }

    [Fact]
    public async Task Race_WithTheLargestNumberPlusOne_IsCaught()
    {
        var race = await ProcessRace.RunAsync(_directory.Path, 4, 60, PlantedBug.LargestPlusOne);
        race.Broken.Should().ContainMatch("*registrations were told*");
    }

    [Fact]
    public async Task Race_WithTheComparisonOutsideItsTransaction_IsCaught()
    {
        var race = await ProcessRace.RunAsync(_directory.Path, 6, 80, PlantedBug.CompareOutside);
        race.Broken.Should().ContainMatch("alias *can come next*");
    }

    private async Task ChangeAsync(PlantedBug bug)
    {
        await using var host = RegistryHost.Open(_memory.Path, bug: bug);
        for (var i = 1; i <= 12; i++)
        {
            try
            {
                var version = await host.Models.RegisterAsync(await DraftAsync(host, i));
                await host.Models.SetAliasAsync(version.Ref, "champion", "change");
                await host.Models.SetTagsAsync(version.Ref, new Dictionary<string, string?> { ["owner"] = "nobody" });
            }
            catch (MlOpsException) when (bug == PlantedBug.RetryWithoutRollback)
            {
                // The second try may meet what the first one left.
            }
        }
    }

    private static async Task<ModelVersionDraft> DraftAsync(RegistryHost host, int seed)
    {
        var bytes = new byte[40_000];
        new Random(seed).NextBytes(bytes);
        return await new ModelVersionBuilder(host.Context.Artifacts, "churn")
            .WithSignature(new ModelSignature([], [], []))
            .With(ModelArtifactKind.Functions, "weights", bytes, "application/octet-stream")
            .BuildAsync();
    }

    /// <summary>Sectors that never reached the disk: zeros in the middle of the largest file of the artifact store.</summary>
    private void Tear()
    {
        var largest = new DirectoryInfo(Path.Combine(_memory.Path, "artifacts")).GetFiles("*", SearchOption.AllDirectories).MaxBy(file => file.Length)!;
        using var file = new FileStream(largest.FullName, FileMode.Open);
        file.Position = file.Length / 2;
        file.Write(new byte[512]);
    }
}
