using MlOps.Benchmarks.Measuring;

namespace MlOps.Benchmarks;

public sealed class PairedTests
{
    private static readonly PairedOptions Short = new() { Rounds = 4, Operations = 10, WarmUp = TimeSpan.Zero };

    [Theory]
    [InlineData(new[] { 4.0, 1.0, 3.0, 2.0, 5.0 }, 2.0)]
    [InlineData(new[] { 1.0, 2.0, 3.0, 4.0 }, 1.75)]
    [InlineData(new[] { 7.0 }, 7.0)]
    public void LowerQuartile_OfValues_Interpolates(double[] values, double expected) =>
        Paired.LowerQuartile(values).Should().Be(expected);

    [Fact]
    public void Measure_TwoContenders_TakeTurnsAndRotateTheirInputs()
    {
        var calls = new List<string>();
        long Note(string name, int start, int count)
        {
            calls.Add($"{name}{start}+{count}");
            return count;
        }

        Paired.Measure(Short, ("a", (start, count) => Note("a", start, count)), ("b", (start, count) => Note("b", start, count)));

        calls.Should().Equal(
            "a0+10", "b0+10",
            "a0+10", "b0+10", "b10+10", "a10+10", "a20+10", "b20+10", "b30+10", "a30+10");
    }

    [Fact]
    public void Measure_Allocation_IsPerOperation()
    {
        var result = Paired.Measure(
            Short,
            ("none", (_, count) => count),
            ("thousand", (_, count) =>
            {
                long length = 0;
                for (int i = 0; i < count; i++)
                    length += new byte[1000].Length;
                return length;
            }));

        result["none"].AllocatedBytes.Should().BeLessThan(50);
        result["thousand"].AllocatedBytes.Should().BeInRange(1000, 1100);
    }

    [Fact]
    public async Task MeasureAsync_BurstThatFails_SurfacesItsException()
    {
        var measure = () => Paired.MeasureAsync(Short, [("a", (_, _) => throw new InvalidOperationException("broken"))]);

        await measure.Should().ThrowAsync<InvalidOperationException>().WithMessage("broken");
    }

    [Fact]
    public void CpuClock_OfThisThread_DoesNotGoBack()
    {
        var before = CpuClock.Thread;
        long sum = 0;
        for (int i = 0; i < 1_000_000; i++)
            sum += i % 7;
        GC.KeepAlive(sum);

        CpuClock.Thread.Should().BeGreaterThanOrEqualTo(before);
        CpuClock.Process.Should().BeGreaterThan(TimeSpan.Zero);
    }

    [Fact]
    public void Result_Ratio_IsContenderOverBaseline()
    {
        var result = new PairedResult([new PairedSample("ours", 30, 40, 8), new PairedSample("raw", 20, 10, 0)]);

        result.CpuRatio("ours", "raw").Should().Be(1.5);
        result.WallRatio("ours", "raw").Should().Be(4);
        result.ToDetail("title", "raw").Rows[0].Should().Equal("ours", "30.0 ns", "1.50", "40.0 ns", "8 B");
    }
}
