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

    /// <summary>Holds up all runs from now on: a version may be loaded more than once.</summary>
    public void Hold()
    {
        lock (Runtimes)
        {
            foreach (var runtime in Runtimes)
            {
                runtime.Gate.Reset();
                while (runtime.Entered.Wait(0))
                {
                }
            }
        }
    }

    /// <summary>Ends when a run is held up.</summary>
    public async Task EnteredAsync()
    {
        Task<bool>[] waits;
        lock (Runtimes)
            waits = [.. Runtimes.Select(runtime => runtime.Entered.WaitAsync(TimeSpan.FromSeconds(30)))];
        (await await Task.WhenAny(waits)).Should().BeTrue("a run begins");
    }

    public void Release()
    {
        lock (Runtimes)
            Runtimes.ForEach(runtime => runtime.Gate.Set());
    }
}
