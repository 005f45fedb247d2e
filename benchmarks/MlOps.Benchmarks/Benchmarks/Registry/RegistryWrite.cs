using BenchmarkDotNet.Attributes;
using MlOps.Benchmarks.Claims.Support;
using MlOps.Registry;
using MlOps.Serving.Tests;

namespace MlOps.Benchmarks.Benchmarks.Registry;

/// <summary>One durable change: a bare SQLite transaction, and an audited alias move.</summary>
public class RegistryWrite
{
    private readonly BenchmarkFolder _folder = new();
    private readonly ModelVersionRef[] _versions = new ModelVersionRef[2];
    private ClaimHost? _host;
    private BareDatabase? _bare;
    private int _next;

    [GlobalSetup]
    public void SetUp() => SetUpAsync().GetAwaiter().GetResult();

    [GlobalCleanup]
    public void CleanUp()
    {
        _bare!.Dispose();
        _host!.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _folder.Dispose();
    }

    [Benchmark(Baseline = true)]
    public long BareTransaction() => _bare!.Change(_next++);

    [Benchmark]
    public async Task<AliasChange> AliasMove() => await _host!.Environment.Get<IModelRegistry>().SetAliasAsync(_versions[_next++ % 2], "champion", "benchmark");

    private async Task SetUpAsync()
    {
        _host = new ClaimHost(_folder.Path);
        _bare = new BareDatabase(_folder.Path);
        for (int i = 0; i < _versions.Length; i++)
        {
            var draft = await new ModelVersionBuilder(_host.Environment.Context.Artifacts, "model").WithOnnx(OnnxModels.Scale(i, 2), ["a", "b"]).BuildAsync();
            _versions[i] = (await _host.Environment.Get<IModelRegistry>().RegisterAsync(draft)).Ref;
        }
    }
}
