using System.Globalization;
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
        var random = new Random(20010101);
        var acknowledged = new Dictionary<long, string>();
        for (var kill = 0; kill < Kills; kill++)
        {
            using var child = new ChildProcess("store", _directory.Path);
            // Every third one dies while it is still opening.
            var quota = kill % 3 == 2 ? 0 : random.Next(1, 40);
            for (var i = 0; i < quota && await child.Output.ReadLineAsync() is { } line; i++)
                Acknowledge(acknowledged, line);
            await Task.Delay(random.Next(quota == 0 ? 150 : 15));
            child.Kill();
            while (await child.Output.ReadLineAsync() is { } line)
                Acknowledge(acknowledged, line);
            await child.ExitAsync();
            (await child.Errors).Should().BeEmpty();

            (await StoreWork.CheckAsync(_directory.Path, acknowledged)).Should().BeEmpty($"after kill {kill}");
        }

        acknowledged.Count.Should().BeGreaterThan(Kills);
    }

    [Fact]
    public async Task Stores_WrittenByFourProcesses_NumberDenselyWithoutAnError()
    {
        var children = Enumerable.Range(0, 4).Select(_ => new ChildProcess("store", _directory.Path, "200")).ToList();
        var acknowledged = new Dictionary<long, string>();
        foreach (var output in await Task.WhenAll(children.Select(c => c.Output.ReadToEndAsync())))
        {
            foreach (var line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                Acknowledge(acknowledged, line);
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

    private static void Acknowledge(Dictionary<long, string> acknowledged, string line)
    {
        // The last line may be cut off by the kill; it is complete when the digest is.
        var parts = line.Split(' ');
        if (parts.Length == 2 && ArtifactDigest.TryParse(parts[1], out _))
            acknowledged.Add(long.Parse(parts[0], CultureInfo.InvariantCulture), parts[1]);
    }
}
