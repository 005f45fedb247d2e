using MlOps.Testing;

namespace MlOps.Crash.Tests;

/// <summary>A sample of <c>registry.power-cuts-ext4</c> and <c>registry.power-cuts-xfs</c>, which cut 200 times each.</summary>
public sealed class PowerCutTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [PowerCutTheory("ext4")]
    [InlineData(1, 5)]
    [InlineData(2, 5)]
    [InlineData(3, 5)]
    [InlineData(4, 5)]
    public Task Registry_WhoseExt4LosesPower_KeepsWhatItAcknowledged(int seed, int cuts) => CutAsync("ext4", seed, cuts);

    [PowerCutTheory("xfs")]
    [InlineData(1, 5)]
    [InlineData(2, 5)]
    [InlineData(3, 5)]
    [InlineData(4, 5)]
    public Task Registry_WhoseXfsLosesPower_KeepsWhatItAcknowledged(int seed, int cuts) => CutAsync("xfs", seed, cuts);

    private async Task CutAsync(string fileSystem, int seed, int cuts)
    {
        var report = await PowerCuts.RunAsync(_directory.Path, fileSystem, cuts, seed);

        report.Broken.Should().BeEmpty();
        report.Kills.Should().Be(cuts);
        report.Acknowledged.Should().BeGreaterThan(cuts);
    }
}
