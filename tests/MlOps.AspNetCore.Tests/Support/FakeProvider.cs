using MlOps.Registry;
using MlOps.Serving;
using MlOps.Serving.Tests;

namespace MlOps.AspNetCore.Tests;

/// <summary>Serves models whose name begins with "fake" by a runtime that can be held up and that fails on a poison value.</summary>
internal sealed class FakeProvider : IModelRuntimeProvider
{
    public List<FakeRuntime> Runtimes { get; } = [];

    public bool CanLoad(ModelVersion version) => version.Model.StartsWith("fake", StringComparison.Ordinal);

    public ValueTask<IModelRuntime> LoadAsync(ModelVersion version, CancellationToken cancellationToken = default)
    {
        var runtime = new FakeRuntime { Record = false };
        lock (Runtimes)
            Runtimes.Add(runtime);
        return new(runtime);
    }

    public void Release()
    {
        lock (Runtimes)
            Runtimes.ForEach(runtime => runtime.Gate.Set());
    }
}
