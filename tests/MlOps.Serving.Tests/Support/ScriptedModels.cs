using System.Globalization;
using System.Text;
using MlOps.Registry;

namespace MlOps.Serving.Tests;

/// <summary>Models that answer feature 1 times a scale, and fail or hang as the test says. A model file is its scale, or "scale,outputs".</summary>
internal sealed class ScriptedModels(Func<IArtifactStore> artifacts) : IModelRuntimeProvider
{
    public const string MediaType = "application/x-scripted";

    /// <summary>What each version does; versions that the test does not name answer.</summary>
    public System.Collections.Concurrent.ConcurrentDictionary<ModelVersionRef, Script> Scripts { get; } = new();

    public Script this[ModelVersionRef version] => Scripts.GetOrAdd(version, _ => new Script());

    public bool CanLoad(ModelVersion version) => version.Artifacts.Any(artifact => artifact.Content.MediaType == MediaType);

    public async ValueTask<IModelRuntime> LoadAsync(ModelVersion version, CancellationToken cancellationToken = default)
    {
        var bytes = await artifacts().GetBytesAsync(version.Artifacts.First(artifact => artifact.Content.MediaType == MediaType).Content, 100, cancellationToken);
        var parts = Encoding.UTF8.GetString(bytes).Split(',');
        var script = this[version.Ref];
        return new Runtime(script, float.Parse(parts[0], CultureInfo.InvariantCulture), version.Signature.Features.Count);
    }

    internal sealed class Script
    {
        /// <summary>Set after loading, so that warming up succeeds.</summary>
        public bool Fails { get; set; }

        public Func<bool>? FailsNow { get; set; }

        /// <summary>Runs wait while it is not set.</summary>
        public ManualResetEventSlim Gate { get; } = new(true);

        public SemaphoreSlim Entered { get; } = new(0);

        public int Runs;
    }

    private sealed class Runtime(Script script, float scale, int width) : IModelRuntime
    {
        public IReadOnlyList<TensorSpec> Inputs { get; } = [new("input", "float", ["N", width.ToString(CultureInfo.InvariantCulture)])];

        public IReadOnlyList<TensorSpec> Outputs { get; } = [new("output", "float", ["N", "1"])];

        public int InputWidth => width;

        public int OutputWidth => 1;

        public int? FixedBatchSize => null;

        public long MemoryBytes => 1;

        public IBatchBuffer CreateBuffer(int maximumRows) => new Buffer(script, scale, width, maximumRows);

        public void Dispose()
        {
        }
    }

    private sealed class Buffer(Script script, float scale, int width, int rows) : IBatchBuffer
    {
        private readonly float[] _input = new float[rows * width];
        private readonly float[] _output = new float[rows];

        public int MaximumRows => rows;

        public Memory<float> Input => _input;

        public ReadOnlyMemory<float> Output => _output;

        public void Run(int count)
        {
            Interlocked.Increment(ref script.Runs);
            script.Entered.Release();
            script.Gate.Wait();
            if (script.Fails || script.FailsNow?.Invoke() == true)
                throw new InvalidOperationException("scripted failure");
            for (var i = 0; i < count; i++)
                _output[i] = _input[i * width] * scale;
        }

        public void Dispose()
        {
        }
    }
}
