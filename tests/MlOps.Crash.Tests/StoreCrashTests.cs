using MlOps.Testing;

namespace MlOps.Crash.Tests;

public sealed class StoreCrashTests : IDisposable
{
    private const int Kills = 15;
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Stores_KilledAtRandomMoments_LoseNothingAcknowledgedAndShowNothingHalf()
    {
        var (acknowledged, broken) = await StoreKills.RunAsync(_directory.Path, Kills, seed: 20010101);

        broken.Should().BeEmpty();
        acknowledged.Should().BeGreaterThan(Kills);
    }

    [Fact]
    public async Task Stores_WrittenByFourProcesses_NumberDenselyWithoutAnError()
    {
        var children = Enumerable.Range(0, 4).Select(_ => new ChildProcess("store", _directory.Path, "200")).ToList();
        var acknowledged = new Dictionary<long, string>();
        foreach (var output in await Task.WhenAll(children.Select(c => c.Output.ReadToEndAsync())))
        {
            foreach (var line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                StoreKills.Acknowledge(acknowledged, line);
        }

        foreach (var child in children)
        {
            (await child.Errors).Should().BeEmpty();
            (await child.ExitAsync()).Should().Be(0);
            child.Dispose();
        }

        acknowledged.Keys.Order().Should().Equal(Enumerable.Range(1, 800).Select(i => (long)i));
        (await StoreWork.CheckAsync(_directory.Path, acknowledged)).Should().BeEmpty();
    }

    [Fact]
    public async Task Check_OfPlantedDamage_FindsIt()
    {
        await StoreWork.RunAsync(_directory.Path, writes: 3, parallel: 1);
        (await StoreWork.CheckAsync(_directory.Path, new Dictionary<long, string> { [4] = "lost" })).Should().ContainMatch("*4 is lost*");

        await using (var stores = MlOps.Environments.EnvironmentStores.OpenEmbedded("sandbox", EnvironmentKind.Sandbox, _directory.Path))
        {
            // What a writer leaves that commits the row before the artifact is durable.
            var missing = new ArtifactRef(ArtifactDigest.Of([1]).ToString(), 1, "a/b");
            await StoreWork.RecordAsync(stores.Context, StoreWork.Area(stores.Context), 1, missing);
        }

        (await StoreWork.CheckAsync(_directory.Path, new Dictionary<long, string>())).Should().ContainMatch("row 4:*no artifact*");
    }
}
