using BenchmarkDotNet.Attributes;
using MlOps.Benchmarks.Claims.Features;

namespace MlOps.Benchmarks.Benchmarks.Features;

/// <summary>100,000 spine rows joined to 1,000,000 stored rows of 10,000 entities, per spine row.</summary>
public class PointInTimeJoin
{
    private const int SpineRows = 100_000;
    private readonly BenchmarkFolder _folder = new();
    private JoinWorld? _world;

    [GlobalSetup]
    public void SetUp() => _world = JoinWorld.CreateAsync(_folder.Path, 1_000_000, SpineRows, 10_000, default).GetAwaiter().GetResult();

    [GlobalCleanup]
    public void CleanUp()
    {
        _world!.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _folder.Dispose();
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = SpineRows)]
    public ReadOnlyMemory<float>[] ArrayMerge() => _world!.Merge.Join(_world.Spine);

    [Benchmark(OperationsPerInvoke = SpineRows)]
    public DataFrame FeatureStore() => _world!.JoinAsync(default).GetAwaiter().GetResult();
}
