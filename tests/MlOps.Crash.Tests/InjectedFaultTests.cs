using MlOps.Testing;

namespace MlOps.Crash.Tests;

/// <summary>A sample of <c>registry.faults</c>, which strikes more calls at more moments.</summary>
public sealed class InjectedFaultTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [StraceTheory]
    [InlineData("fdatasync", "EIO", 3)]
    [InlineData("fdatasync", "ENOSPC", 9)]
    [InlineData("fsync", "EIO", 4)]
    [InlineData("fsync", "EDQUOT", 8)]
    [InlineData("pwrite64", "ENOSPC", 6)]
    [InlineData("pwrite64", "EIO", 25)]
    [InlineData("pwrite64", "EDQUOT", 11)]
    [InlineData("rename", "EIO", 2)]
    public async Task Registry_WhoseSystemCallFails_AcknowledgesNothingFalseAndGoesOn(string call, string error, int when)
    {
        var (acknowledged, broken) = await InjectedFaults.RunAsync(_directory.Path, call, error, when);

        broken.Should().BeEmpty();
        acknowledged.Count.Should().BePositive();
    }
}
