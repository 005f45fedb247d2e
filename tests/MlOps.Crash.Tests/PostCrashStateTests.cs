namespace MlOps.Crash.Tests;

/// <summary>Every file call and commit of the store's story is a crash point; each leaves many states, and all of them must be good.</summary>
public sealed class PostCrashStateTests : IDisposable
{
    private const int Parts = 8;
    private const int StatesPerPoint = 18;
    private readonly FastDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task Store_InEveryStateThatACrashLeaves_KeepsItsPromises(int part)
    {
        var (points, states, broken) = await PostCrashStates.EnumerateAsync(_directory.Path, StatesPerPoint, stride: Parts, first: part);

        broken.Should().BeEmpty();
        points.Should().BeGreaterThan(12);
        states.Should().BeGreaterThanOrEqualTo(2_000 / Parts, "the eight parts together open at least 2,000 states");
    }
}
