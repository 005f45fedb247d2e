using System.Text;

namespace MlOps.Orchestration.Tests;

public sealed class CacheTests : PipelineTest
{
    private Action<PipelineBuilder<int>> Define(bool cached = true, string first = "a") => p =>
    {
        var a = p.Step(first, (_, x, _) => Count("a", x % 10), step => _ = cached ? step : step.NoCache());
        p.Step("b", a, (_, x, _) => Count("b", x));
    };

    [Fact]
    public async Task SecondRun_SameInput_ReusesAndSaysFromWhere()
    {
        var host = Host(Define());
        var first = await RunAsync(host, 5);
        var second = await RunAsync(host, 5);
        second.EnsureCompleted();
        Ran.Should().OnlyContain(pair => pair.Value == 1);
        second["a"].CachedFrom.Should().Be(first.Id);
        second["a"].Reason.Should().Contain($"reused from run {first.Id}");
        second.Output<int>("b").Should().Be(5);
        first["a"].Reason.Should().Contain("no former result");
    }

    [Fact]
    public async Task OtherInput_MissesOnlyWhereInputsDiffer()
    {
        var host = Host(Define());
        await RunAsync(host, 5);
        var second = await RunAsync(host, 15);
        Ran["a"].Should().Be(2);
        Ran["b"].Should().Be(1, "its input is 5 both times");
        second["b"].CachedFrom.Should().NotBeNull();
    }

    [Theory]
    [InlineData("2", "test", "a")]
    [InlineData("1", "other", "a")]
    [InlineData("1", "test", "z")]
    public async Task OtherCodePipelineOrStep_Misses(string code, string name, string step)
    {
        await RunAsync(Host(Define()), 5);
        await RunAsync(Host(Define(first: step), name, code), 5);
        Ran["a"].Should().Be(2);
    }

    [Fact]
    public async Task OptOut_ByStepOrByRun_RunsAgain()
    {
        var host = Host(Define(cached: false));
        await RunAsync(host, 5);
        await RunAsync(host, 5);
        Ran["a"].Should().Be(2);
        Ran["b"].Should().Be(1);
        await RunAsync(host, 5, new() { UseCache = false });
        Ran["b"].Should().Be(2);
    }

    [Fact]
    public async Task CachedBlobCollected_RunsAgain()
    {
        var host = Host(p => p.Step("put", async (c, x, token) =>
        {
            await Count("put", x);
            return await c.Artifacts.PutBytesAsync(Encoding.UTF8.GetBytes($"data {x}"), "text/plain", token);
        }));
        await RunAsync(host, 5);
        await RunAsync(host, 5);
        Ran["put"].Should().Be(1);
        Sandbox.Clock.Advance(TimeSpan.FromDays(30));
        await Sandbox.Context.Artifacts.CollectAsync((_, _) => new(false), DateTimeOffset.MaxValue);
        (await RunAsync(host, 5)).EnsureCompleted();
        Ran["put"].Should().Be(2);
    }

    [Fact]
    public async Task FailedStep_IsNotCached()
    {
        var broken = true;
        var host = Host(p => p.Step("a", (_, x, _) => broken ? throw new IOException("down") : Count("a", x)));
        await RunAsync(host, 1);
        broken = false;
        (await RunAsync(host, 1)).EnsureCompleted()["a"].CachedFrom.Should().BeNull();
    }
}
