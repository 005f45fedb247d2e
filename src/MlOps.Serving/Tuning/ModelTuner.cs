using System.Text.Json;
using MlOps.Registry;

namespace MlOps.Serving;

/// <summary>Opens what is to be tuned, checks the rows, calibrates the machine once and searches.</summary>
internal sealed class ModelTuner(EnvironmentContext context, IModelRegistry registry, ServingOptions options) : IModelTuner
{
    private const int LargestExample = 16 << 20;
    private const int RowsFromExample = 4096;
    private static readonly Lazy<MachineProfile> Calibrated = new(MachineCalibration.Measure);

    /// <summary>What this machine can do, measured at the first use in this process.</summary>
    public static MachineProfile Machine => Calibrated.Value;

    public async Task<TuningResult> TuneAsync(ModelTuningRequest request, IProgress<string>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        context.Access.Require(EnvironmentPermission.Operate, $"tuning of {request.Name}");
        var model = request.Model.ToArray();
        if (request.Version is { } version)
            (model, request) = await ReadAsync(request, version, cancellationToken).ConfigureAwait(false);
        return await StartAsync(model, request, progress, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Tunes a model outside of any environment.</summary>
    public static Task<TuningResult> StartAsync(byte[] model, ModelTuningRequest request, IProgress<string>? progress = null, CancellationToken cancellationToken = default)
    {
        if (model.Length == 0)
            throw new InvalidInputException($"The tuning of {request.Name} has neither a model nor a version.");
        if (request.MaximumBatchSize < 1 || request.Budget <= TimeSpan.Zero)
            throw new InvalidInputException($"The tuning of {request.Name} has MaximumBatchSize {request.MaximumBatchSize} and Budget {request.Budget}: both must be positive.");

        // A thread of its own: measurements block, and the pool's threads are what the engine runs on.
        return Task.Factory.StartNew(() => Tune(model, request, progress, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private static TuningResult Tune(byte[] model, ModelTuningRequest request, IProgress<string>? progress, CancellationToken cancellationToken)
    {
        var machine = Machine;
        using var bench = Open(model, request);
        var work = bench.Runtime is FlatOnnxRuntime flat ? ModelWorkProbe.Measure(model, request, flat.Parts, bench.Pool, flat.FixedBatchSize) : null;
        return new TuningSearch(bench, request, progress, cancellationToken).Run() with { Machine = machine, Work = work };
    }

    /// <summary>A bench for a model, with the request's rows or generated ones.</summary>
    internal static TuningBench Open(byte[] model, ModelTuningRequest request) => new(
        session => FlatOnnxRuntime.Load(model, session, request.Dimensions, request.Constants, request.Name),
        runtime => Rows(request, (FlatOnnxRuntime)runtime),
        new OnnxRuntimeOptions { IntraOpThreads = 1 });

    private static RowPool Rows(ModelTuningRequest request, FlatOnnxRuntime runtime)
    {
        if (request.Rows.Count == 0)
            return RowPool.Generate(runtime.Parts, request.IntegerLimit, request.Seed);
        var pool = RowPool.From(request.Rows, runtime.InputWidth, request.Name);
        return pool.Distinct > 1 ? pool : throw new InvalidInputException(
            $"The {pool.Count} rows given for tuning {request.Name} are all the same: constant inputs make models look faster than they are. Give varied rows, or none to have them generated.");
    }

    private async Task<(byte[] Model, ModelTuningRequest Request)> ReadAsync(ModelTuningRequest request, ModelVersionRef version, CancellationToken cancellationToken)
    {
        var record = await registry.GetAsync(version, cancellationToken).ConfigureAwait(false);
        var content = record.Find(ModelArtifactKind.Functions, ModelArtifactNames.Predict)?.Content is { MediaType: ModelArtifactNames.OnnxMediaType } found
            ? found
            : throw new InvalidDefinitionException($"{version} has no ONNX function '{ModelArtifactNames.Predict}' to tune.");
        var path = await context.Artifacts.GetLocalPathAsync(content.ParsedDigest, cancellationToken).ConfigureAwait(false);
        var model = await new ModelAdmission(context, options.Admission).AdmitAsync(path, content, cancellationToken: cancellationToken).ConfigureAwait(false);
        if (request.Rows.Count > 0 || record.Artifacts.FirstOrDefault(candidate => candidate.Name == ModelArtifactNames.InputExample) is not { } artifact)
            return (model, request);
        var bytes = await context.Artifacts.GetBytesAsync(artifact.Content, LargestExample, cancellationToken).ConfigureAwait(false);
        var example = JsonSerializer.Deserialize(bytes, ServingJson.Default.InputExample);
        return example?.Input is { Length: > 0 } rows ? (model, request with { Rows = Spread(rows, request.Seed) }) : (model, request);
    }

    // A few stored rows become many: each value between those of two of them, so that every feature keeps its range.
    internal static float[][] Spread(IReadOnlyList<float[]> rows, int seed)
    {
        var random = new Random(seed);
        var spread = new float[RowsFromExample][];
        for (var i = 0; i < spread.Length; i++)
        {
            spread[i] = new float[rows[0].Length];
            for (var feature = 0; feature < spread[i].Length; feature++)
            {
                var (one, other, share) = (rows[random.Next(rows.Count)], rows[random.Next(rows.Count)], (float)random.NextDouble());
                var (a, b) = (feature < one.Length ? one[feature] : 0, feature < other.Length ? other[feature] : 0);
                var mixed = a + ((b - a) * share);
                spread[i][feature] = rows.Count == 1 ? mixed * (0.5f + share) : mixed;
            }
        }

        return spread;
    }
}
