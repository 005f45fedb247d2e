using MlOps.Testing;

namespace MlOps.Crash.Tests;

/// <summary>A seeded sample of <c>features.crash</c>, which kills 300 times; in parts, so that a slow machine is not taken for a hang.</summary>
public sealed class FeatureCrashTests : IDisposable
{
    private const int Kills = 5;
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Features_KilledAtRandomMoments_LoseNothingAcknowledgedAndCountNothingTwice(int seed)
    {
        var (kills, acknowledged, broken) = await FeatureKills.RunAsync(_directory.Path, Kills, seed);

        broken.Should().BeEmpty();
        kills.Should().Be(Kills);
        acknowledged.Should().BeGreaterThan(Kills);
    }

    [Fact]
    public async Task Features_WithTheOffsetBeforeTheState_AreCaught()
    {
        var (_, _, broken) = await FeatureKills.RunAsync(_directory.Path, 40, seed: 1, PlantedBug.OffsetBeforeState);

        broken.Should().ContainMatch("*rows, * landed*");
    }
}
