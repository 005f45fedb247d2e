using MlOps.Testing;

namespace MlOps.Crash.Tests;

/// <summary>A seeded sample of <c>registry.kills</c>, which kills 500 times.</summary>
public sealed class RegistryCrashTests : IDisposable
{
    private const int Kills = 25;
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Registry_KilledAtRandomMoments_LosesNothingAcknowledgedAndShowsNothingHalf()
    {
        var report = await RegistryKills.RunAsync(_directory.Path, Kills, seed: 20010101);

        report.Broken.Should().BeEmpty();
        report.Kills.Should().Be(Kills);
        report.Acknowledged.Should().BeGreaterThan(Kills);
        report.Collected.Should().BePositive("garbage was collected beside the writers");
    }
}
