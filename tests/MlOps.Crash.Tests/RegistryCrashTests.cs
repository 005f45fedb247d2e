using MlOps.Testing;

namespace MlOps.Crash.Tests;

/// <summary>A seeded sample of <c>registry.kills</c>, which kills 500 times; in parts, so that a slow machine is not taken for a hang.</summary>
public sealed class RegistryCrashTests : IDisposable
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
    public async Task Registry_KilledAtRandomMoments_LosesNothingAcknowledgedAndShowsNothingHalf(int seed)
    {
        var report = await RegistryKills.RunAsync(_directory.Path, Kills, seed);

        report.Broken.Should().BeEmpty();
        report.Kills.Should().Be(Kills);
        report.Acknowledged.Should().BeGreaterThan(Kills);
    }
}
