using MlOps.Testing;

namespace MlOps.Crash.Tests;

/// <summary>A sample of <c>registry.processes</c>, where each process does 2,000 operations.</summary>
public sealed class ProcessRaceTests : IDisposable
{
    private const int Processes = 8;
    private const int Operations = 60;
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Registry_SharedByEightProcesses_NumbersDenselyAndComparesAndSetsAsOneRegister()
    {
        var race = await ProcessRace.RunAsync(_directory.Path, Processes, Operations);

        race.Broken.Should().BeEmpty();
        race.Operations.Should().BeGreaterThanOrEqualTo(Processes * Operations);
    }
}
