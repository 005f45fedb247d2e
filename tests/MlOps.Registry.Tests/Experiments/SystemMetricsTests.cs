using MlOps.Testing;

namespace MlOps.Registry.Tests;

public sealed class SystemMetricsTests : IAsyncDisposable
{
    private readonly TestEnvironment _environment = new();
    private readonly CountingProbe _probe = new();
    private readonly SqlExperiments _experiments;

    public SystemMetricsTests() => _experiments = new SqlExperiments(_environment.Context, probe: _probe);

    public ValueTask DisposeAsync() => _environment.DisposeAsync();

    [Fact]
    public async Task Run_Going_IsSampledAtItsInterval()
    {
        await using var often = await _experiments.StartRunAsync("training", new RunOptions { SystemMetricsInterval = TimeSpan.FromSeconds(5) });
        await using var seldom = await _experiments.StartRunAsync("training", new RunOptions { SystemMetricsInterval = TimeSpan.FromSeconds(20) });
        await using var never = await _experiments.StartRunAsync("training", new RunOptions { SystemMetricsInterval = null });
        for (var second = 0; second < 60; second++)
            _environment.Clock.Advance(TimeSpan.FromSeconds(1));
        _probe.Reads.Should().Be(12, "runs share a reading");
        (await StepsAsync(often)).Should().Equal(5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60);
        (await StepsAsync(seldom)).Should().Equal(20, 40, 60);
        (await StepsAsync(never)).Should().BeEmpty();
    }

    [Fact]
    public async Task Run_Ended_IsSampledNoMoreAndLeavesNoTimer()
    {
        var timers = _environment.Clock.PendingTimers;
        var run = await _experiments.StartRunAsync("training");
        _environment.Clock.PendingTimers.Should().Be(timers + 2, "one for writing, one for sampling");
        await run.DisposeAsync();
        _environment.Clock.PendingTimers.Should().Be(timers);
        _environment.Clock.Advance(TimeSpan.FromMinutes(1));
        _probe.Reads.Should().Be(0);
    }

    [Fact]
    public async Task Run_Resumed_GoesOnCountingItsSeconds()
    {
        await using (await _experiments.StartRunAsync("training", new RunOptions { Key = "k" }))
            _environment.Clock.Advance(TimeSpan.FromSeconds(10));
        _environment.Clock.Advance(TimeSpan.FromSeconds(100));
        await using var run = await _experiments.StartRunAsync("training", new RunOptions { Key = "k" });
        _environment.Clock.Advance(TimeSpan.FromSeconds(10));
        (await StepsAsync(run)).Should().Equal(10, 120);
    }

    [Fact]
    public async Task Buffer_Full_SamplesAreLeftOutAndUsersPointsStay()
    {
        var timings = new ExperimentTimings { CapacityPoints = 10, FlushPoints = 1_000, FlushInterval = TimeSpan.FromHours(1) };
        await using var run = await new SqlExperiments(_environment.Context, timings, _probe).StartRunAsync("training");
        for (var i = 0; i < 10; i++)
            run.LogMetric("loss", i, i);
        _environment.Clock.Advance(TimeSpan.FromSeconds(10));
        _probe.Reads.Should().Be(1);
        await run.FlushAsync();
        (await _experiments.GetMetricHistoryAsync(run.Id, "loss")).Should().HaveCount(10);
        (await StepsAsync(run)).Should().BeEmpty();
    }

    [Fact]
    public async Task Interval_TooShort_IsRefused() =>
        await _experiments.Invoking(e => e.StartRunAsync("training", new RunOptions { SystemMetricsInterval = TimeSpan.FromMilliseconds(1) }).AsTask())
            .Should().ThrowAsync<InvalidInputException>();

    [Fact]
    public void Probe_InjectedFiles_YieldTheReadingsOfThePage()
    {
        // Two readings of proc(5)'s lines: of 400 ticks passed, 100 were idle and 20 waited for a disk.
        var stat = new Queue<string>(["cpu  100 0 50 800 50 0 0 0 9 9\ncpu0 1 1 1 1\n", "cpu  300 10 110 900 70 6 4 0 9 9\n"]);
        var probe = new SystemProbe(path => path switch
        {
            ProcFiles.Stat => stat.Dequeue(),
            ProcFiles.MemInfo => "MemTotal:       16384 kB\nMemFree:          100 kB\nMemAvailable:    8192 kB\n",
            _ => "rchar: 1\nread_bytes: 4096\nwrite_bytes: 512\ncancelled_write_bytes: 0\n",
        }, () => null);
        var readings = new List<KeyValuePair<string, double>>();
        probe.Read(readings);
        var values = readings.ToDictionary();
        values["system/cpu/machine_percent"].Should().BeApproximately(70, 1e-9);
        values["system/memory/available_bytes"].Should().Be(8192 * 1024);
        values["system/disk/read_bytes"].Should().Be(4096);
        values["system/disk/written_bytes"].Should().Be(512);
        values.Keys.Should().NotContain(name => name.Contains("gpu"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("cpu  1 2")]
    [InlineData("cpu  a b c d e")]
    [InlineData("intr 1 2 3 4 5")]
    public void Probe_FilesThatLookOtherwise_AreTakenAsAbsent(string? text)
    {
        ProcFiles.ParseStat(text).Should().BeNull();
        ProcFiles.ParseAvailable(text).Should().BeNull();
        ProcFiles.ParseIo(text).Should().BeNull();
        var readings = new List<KeyValuePair<string, double>>();
        new SystemProbe(_ => text, () => null).Read(readings);
        readings.Select(reading => reading.Key).Should().Contain("system/memory/working_set_bytes").And.NotContain("system/cpu/machine_percent");
    }

    [Fact]
    public void Probe_ThisMachine_ReadsPlausibleValues()
    {
        var probe = new SystemProbe();
        var sum = 0.0;
        for (var i = 0; i < 20_000_000; i++)
            sum += Math.Sqrt(i);
        var readings = new List<KeyValuePair<string, double>>();
        probe.Read(readings);
        sum.Should().BePositive();
        var values = readings.ToDictionary();
        values["system/cpu/process_percent"].Should().BeGreaterThan(0).And.BeLessThan(110.0 * Environment.ProcessorCount);
        values["system/memory/working_set_bytes"].Should().BeGreaterThan(1 << 20);
        values["system/memory/managed_heap_bytes"].Should().BePositive();
        values["system/memory/available_bytes"].Should().BePositive();
        if (OperatingSystem.IsLinux())
        {
            values.Should().ContainKey("system/disk/written_bytes");
        }
    }

    private async Task<IEnumerable<long>> StepsAsync(IRun run)
    {
        await run.FlushAsync();
        return (await _experiments.GetMetricHistoryAsync(run.Id, "system/reads")).Select(point => point.Step);
    }

    private sealed class CountingProbe : ISystemProbe
    {
        public int Reads { get; private set; }

        public void Read(List<KeyValuePair<string, double>> readings) => readings.Add(new("system/reads", ++Reads));
    }
}
