using FluentAssertions;
using Xunit;

namespace MlOps.Serving.Tests.Tuning;

public sealed class TuningSearchTests
{
    // Overhead of a call, cost of a row; threads help rows little, spinning hurts, instances share little.
    private static double Tiny(OnnxRuntimeOptions session, int rows, int instances) =>
        (2e-6 + (rows * 1e-7)) * (session.IntraOpThreads > 1 ? 1.3 : 1) * (instances > 1 ? 1.05 : 1) * (session.AllowSpinning ? 1.2 : 1);

    // A large convolution: two threads almost halve it, batches gain nothing, two at once on two threads each share the cores.
    private static double Convolution(OnnxRuntimeOptions session, int rows, int instances)
    {
        var alone = 0.02 * rows * (rows > 1 ? 1.05 : 1) / (session.IntraOpThreads > 1 ? 1.85 : 1) * (session.AllowSpinning ? 1.1 : 1);
        return session.IntraOpThreads * instances > 2 ? alone * 1.95 : alone;
    }

    [Fact]
    public void Run_WithAModelThatGainsFromBatches_ChoosesLargeBatchesOnOneThread()
    {
        var result = Tune(new FakeBench(Tiny));
        result.Best.Runtime.Should().Be(new OnnxRuntimeOptions { IntraOpThreads = 1 });
        result.Best.Batching.MaximumBatchSize.Should().BeGreaterThanOrEqualTo(128);
        result.Best.Batching.Parallelism.Should().Be(2);
        result.Warnings.Should().BeEmpty();
        result.Tried.Should().BeLessThan(result.Grid / 5);
        result.Best.Curve!.Time(64).TotalSeconds.Should().BeApproximately(8.4e-6, 5e-7);
    }

    [Fact]
    public void Run_WithAModelThatGainsNothing_CallsDirectly()
    {
        var result = Tune(new FakeBench(Convolution));
        result.Best.Runtime.Should().Be(new OnnxRuntimeOptions { IntraOpThreads = 2 });
        result.Best.Batching.MaximumBatchSize.Should().Be(1);
        result.Best.Batching.Parallelism.Should().Be(2);
        result.Best.Batching.ParallelRows.Should().Be(1);
    }

    [Fact]
    public void Run_ForThroughput_PrefersTwoInstancesToTwoThreads()
    {
        static double Sharing(OnnxRuntimeOptions session, int rows, int instances) => 0.01 * rows / (session.IntraOpThreads > 1 ? 1.5 : 1) * (session.IntraOpThreads * instances > 2 ? 2.1 : 1);
        Tune(new FakeBench(Sharing), request => request with { Goal = TuningGoal.Throughput }).Best.Runtime.IntraOpThreads.Should().Be(1);
        Tune(new FakeBench(Sharing), request => request with { Goal = TuningGoal.Latency }).Best.Runtime.IntraOpThreads.Should().Be(2);
    }

    [Fact]
    public void Run_WithATargetLatency_KeepsTwoBatchesWithinIt()
    {
        var result = Tune(new FakeBench((session, rows, instances) => 1e-4 * rows + 1e-4), request => request with { TargetLatency = TimeSpan.FromMilliseconds(2) });
        (2 * result.Best.Curve!.Time(result.Best.Batching.MaximumBatchSize)).Should().BeLessThanOrEqualTo(TimeSpan.FromMilliseconds(2.1));
    }

    [Fact]
    public void Run_TwiceWithDifferentNoise_AgreesWithinThreePercent()
    {
        for (var seed = 1; seed <= 10; seed++)
        {
            var (one, other) = (Tune(new FakeBench(Tiny, 0.1, seed)), Tune(new FakeBench(Tiny, 0.1, seed + 100)));
            var (a, b) = (Quality(one), Quality(other));
            (Math.Abs(a - b) / Math.Max(a, b)).Should().BeLessThan(0.03);
        }

        // Rows a second of the chosen settings without the noise, at 256 callers.
        static double Quality(TuningResult result) =>
            new FakeBench(Tiny, noise: 0).RunEngine(result.Best.Runtime, result.Best.Batching, 256, TimeSpan.FromMilliseconds(10)).RowsPerSecond;
    }

    [Fact]
    public void Run_OnABusyMachineOrConstantRows_SaysSo()
    {
        Tune(new FakeBench(Tiny, noise: 0.6)).Warnings.Should().ContainSingle().Which.Should().Contain("vary by");
        Tune(new FakeBench(Tiny) { DistinctRows = 3 }).Warnings.Should().ContainSingle().Which.Should().Contain("3 different rows");
    }

    [Fact]
    public void Run_WhenOtherProgramsTakeTheCores_StillFindsThatBatchesPay()
    {
        for (var seed = 1; seed <= 10; seed++)
        {
            var result = Tune(new FakeBench(Tiny, noise: 0.02, seed) { Disturbance = 12 });
            result.Best.Batching.MaximumBatchSize.Should().BeGreaterThanOrEqualTo(64);
            result.Warnings.Should().ContainSingle().Which.Should().Contain("Other programs");
        }
    }

    [Fact]
    public void Run_WithLittleTime_EndsSoonWithWhatItHas()
    {
        var bench = new FakeBench((_, rows, _) => 0.05 * rows);
        var result = Tune(bench, request => request with { Budget = TimeSpan.FromSeconds(2) });
        bench.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(4));
        result.Best.Batching.MaximumBatchSize.Should().Be(1);
    }

    [Fact]
    public void Front_OfRandomPoints_HoldsExactlyThoseThatNoneBeats()
    {
        var random = new Random(11);
        for (var trial = 0; trial < 200; trial++)
        {
            var points = Enumerable.Range(0, random.Next(1, 30))
                .Select(i => new TuningPoint(new OnnxRuntimeOptions(), i + 1, 1, TimeSpan.FromTicks(random.Next(1, 20)), random.Next(1, 20), 1)).ToArray();
            var front = TuningPoint.Front(points);
            front.Should().BeInAscendingOrder(point => point.Latency);
            foreach (var point in points)
            {
                var beaten = points.Any(other => other.Latency <= point.Latency && other.RowsPerSecond >= point.RowsPerSecond && (other.Latency < point.Latency || other.RowsPerSecond > point.RowsPerSecond));
                front.Any(kept => kept.Latency == point.Latency && kept.RowsPerSecond == point.RowsPerSecond).Should().Be(!beaten);
            }
        }
    }

    private static TuningResult Tune(FakeBench bench, Func<ModelTuningRequest, ModelTuningRequest>? with = null)
    {
        var request = new ModelTuningRequest { Name = "m" };
        return new TuningSearch(bench, with?.Invoke(request) ?? request, null, CancellationToken.None).Run();
    }
}
