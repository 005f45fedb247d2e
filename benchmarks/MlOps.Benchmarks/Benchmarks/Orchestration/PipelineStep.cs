using BenchmarkDotNet.Attributes;
using MlOps.Benchmarks.Claims.Orchestration;
using MlOps.Benchmarks.Claims.Support;
using MlOps.Orchestration;

namespace MlOps.Benchmarks.Benchmarks.Orchestration;

/// <summary>One no-op step of a durable chain, against one bare durable commit.</summary>
public class PipelineStep
{
    private readonly BenchmarkFolder _folder = new();
    private ClaimHost? _host;
    private BareDatabase? _bare;
    private int _next;

    [GlobalSetup]
    public void SetUp()
    {
        _host = OrchestrationClaims.Host(_folder.Path, parallel: 4);
        _bare = new BareDatabase(_folder.Path);
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        _bare!.Dispose();
        _host!.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _folder.Dispose();
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = NoOpChain.Steps)]
    public long BareCommit()
    {
        long sum = 0;
        for (int i = 0; i < NoOpChain.Steps; i++)
            sum += _bare!.Change(_next++);
        return sum;
    }

    [Benchmark(OperationsPerInvoke = NoOpChain.Steps)]
    public async Task<int> Step() =>
        (await _host!.Environment.Get<IPipelines>().RunAsync<NoOpChain, int>(_next++)).EnsureCompleted().Steps.Count;
}
