using System.Diagnostics;
using Microsoft.Extensions.Logging;
using MlOps.Registry;

namespace MlOps.Serving;

/// <summary>Loads a version from the registry, warms it up over its batch sizes and replays its stored example.</summary>
internal sealed class ModelLoader(
    EnvironmentContext context, IModelRegistry registry, IReadOnlyList<IModelRuntimeProvider> providers, ServingOptions options, ServingMetrics metrics,
    IModelAdmission? admission = null, ModelTrials? trials = null)
{
    private const ulong FirstState = 88172645463325252UL;
    private static readonly TimeSpan CurveBudget = TimeSpan.FromMilliseconds(60);

    private readonly SmokeTest _examples = new(context);

    /// <summary>How requests by version and to an endpoint of this name form batches.</summary>
    public BatchingOptions BatchingOf(string endpoint) =>
        options.Endpoints.GetValueOrDefault(endpoint) ?? options.Tuned.GetValueOrDefault(endpoint)?.Batching ?? options.Batching;

    /// <summary>The bytes of a version's functions and parameters: what its memory is estimated by before it was ever loaded.</summary>
    public static long FileBytes(ModelVersion record) =>
        record.Artifacts.Where(artifact => artifact.Kind is ModelArtifactKind.Functions && artifact.Name != ModelArtifactNames.InputExample).Sum(artifact => artifact.Content.Size);

    /// <summary>Finds a version and checks that its signatures allow it to be loaded.</summary>
    public async ValueTask<ModelVersion> FindAsync(ModelVersionRef version, CancellationToken cancellationToken)
    {
        // Serving is the process's own work: whoever asks for a prediction need not be allowed to see the registry.
        using var authority = context.Caller.ActForProcess();
        var record = await registry.GetAsync(version, cancellationToken).ConfigureAwait(false);

        // The signatures cover the manifest, the manifest the digests, and whoever loads a file verifies its digest over the bytes that it loads.
        if (admission is not null && await admission.CheckAsync(record, SignaturePoints.Load, cancellationToken: cancellationToken).ConfigureAwait(false) is { Admitted: false } refused)
            throw new UntrustedModelException($"Environment '{context.Name}' does not load {version}: {refused.Message}");
        return record;
    }

    /// <summary>The version that an alias points at, or null.</summary>
    public async ValueTask<ModelVersionRef?> ResolveAsync(string model, string alias, CancellationToken cancellationToken)
    {
        using var authority = context.Caller.ActForProcess();
        return (await registry.FindAsync(model, alias, cancellationToken).ConfigureAwait(false))?.Ref;
    }

    /// <summary>Opens a version's runtime and replays its stored example; the caller disposes it.</summary>
    public async ValueTask<(IModelRuntime Runtime, string Report)> LoadAsync(ModelVersion record, CancellationToken cancellationToken)
    {
        using var authority = context.Caller.ActForProcess();
        var runtime = await OpenAsync(record, cancellationToken).ConfigureAwait(false);
        try
        {
            var report = await Task.Run(() => _examples.ReplayAsync(record, runtime, cancellationToken).AsTask(), cancellationToken).ConfigureAwait(false);
            if (trials is not null && record.Find(ModelArtifactKind.Functions, ModelArtifactNames.Predict) is { } file)
                report += trials.Remark(file.Content.Digest);
            return (runtime, report);
        }
        catch
        {
            runtime.Dispose();
            throw;
        }
    }

    /// <summary>Makes warm engines over a runtime that they share.</summary>
    /// <param name="record">The version.</param>
    /// <param name="runtime">The runtime.</param>
    /// <param name="batching">How the engines form batches.</param>
    /// <param name="known">The curve that was measured before; then every size runs once and nothing is measured.</param>
    public ServedVersion Serve(ModelVersion record, SharedRuntime runtime, BatchingOptions batching, BatchCurve? known)
    {
        var curve = WarmUp(runtime, batching, record.Ref, known ?? options.Tuned.GetValueOrDefault(record.Ref.Model)?.Curve);
        runtime.Share(users: 2);
        var labels = new BatchLabels(record.Ref.Model, record.Ref.ToString());
        var engine = new BatchEngine(runtime, batching, context.Clock, curve, metrics, labels);
        var tensors = new TensorEngine(runtime, batching, context.Clock, engine, metrics, labels, context.LoggerFactory.CreateLogger<TensorEngine>());
        tensors.WarmUp();
        return new ServedVersion(record.Ref, engine, tensors, record.Signature.Features, runtime.MemoryBytes)
        {
            Inputs = runtime.Inputs, Outputs = runtime.Outputs, Runtime = runtime, Curve = curve,
            Cache = runtime.HasRows && batching.Cache.Capacity > 0 ? new ResponseCache(batching.Cache, context.Clock) : null,
            BufferBytes = runtime.HasRows ? 2L * sizeof(float) * LargestBatch(runtime, batching) * ((long)runtime.InputWidth + runtime.OutputWidth) : 0,
        };
    }

    /// <summary>The time of single rows on a warm runtime, sorted.</summary>
    public static TimeSpan[] MeasureSingle(IModelRuntime runtime)
    {
        if (!runtime.HasRows)
            return [TimeSpan.Zero];
        using var buffer = runtime.CreateBuffer(1);
        var state = FirstState;
        var times = new List<TimeSpan>(200);
        var begin = Stopwatch.GetTimestamp();
        do
        {
            Fill(buffer.Input.Span, ref state);
            var start = Stopwatch.GetTimestamp();
            buffer.Run(1);
            times.Add(Stopwatch.GetElapsedTime(start));
        }
        while (times.Count < 200 && Stopwatch.GetElapsedTime(begin) < TimeSpan.FromMilliseconds(200));
        times.Sort();
        return [.. times];
    }

    private async ValueTask<IModelRuntime> OpenAsync(ModelVersion record, CancellationToken cancellationToken)
    {
        var version = record.Ref;
        var provider = providers.FirstOrDefault(candidate => candidate.CanLoad(record)) ?? throw new InvalidDefinitionException(
            $"{version} has no function that can be served: register an artifact of kind Functions named '{ModelArtifactNames.Predict}' with media type {ModelArtifactNames.OnnxMediaType}.");
        var runtime = await Task.Run(async () => await provider.LoadAsync(record, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        var features = record.Signature.Features.Count;
        if (features == 0 || features == runtime.InputWidth || !runtime.HasRows)
            return runtime;
        runtime.Dispose();
        throw new InvalidDefinitionException($"The signature of {version} names {features} features; its model takes {runtime.InputWidth}.");
    }

    private static int LargestBatch(IModelRuntime runtime, BatchingOptions batching) =>
        Math.Min(Math.Min(batching.MaximumBatchSize, runtime.FixedBatchSize ?? int.MaxValue), BatchEngine.RowsThatFit(runtime));

    // Every size is run once for its bindings; then the best of a few runs tells what a batch of that size costs.
    private static BatchCurve? WarmUp(IModelRuntime runtime, BatchingOptions batching, ModelVersionRef version, BatchCurve? known)
    {
        if (!runtime.HasRows)
            return null;
        var rows = LargestBatch(runtime, batching);
        using var buffer = runtime.CreateBuffer(rows);
        var state = FirstState;
        Fill(buffer.Input.Span, ref state);
        var points = new List<BatchCurvePoint>();
        var begin = Stopwatch.GetTimestamp();
        for (var size = 1; size <= rows; size *= 2)
        {
            Run(buffer, size, version);
            if (known is not null)
                continue;
            var best = double.MaxValue;
            for (var repetition = 0; repetition < 5 && Stopwatch.GetElapsedTime(begin) < CurveBudget; repetition++)
            {
                Fill(buffer.Input.Span[..(size * runtime.InputWidth)], ref state);
                var start = Stopwatch.GetTimestamp();
                Run(buffer, size, version);
                best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
            }

            if (best == double.MaxValue)
                break;
            points.Add(new BatchCurvePoint(size, TimeSpan.FromTicks(Math.Max(1, (long)(best * TimeSpan.TicksPerSecond)))));
        }

        return known ?? (points.Count == 0 ? null : new BatchCurve(points));
    }

    internal static void Run(IBatchBuffer buffer, int rows, ModelVersionRef version)
    {
        try
        {
            buffer.Run(rows);
        }
        catch (Exception e) when (e is not MlOpsException)
        {
            throw new InvalidDefinitionException($"{version} loads but fails when it runs {rows} rows: {e.Message}", e);
        }
    }

    // Varied values, others at each call: on rows that come again the branches of trees are predicted and batches look worse than they are.
    private static void Fill(Span<float> input, ref ulong state)
    {
        foreach (ref var value in input)
        {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            value = (float)((state >> 40) / (double)(1 << 24)) - 0.5f;
        }
    }
}
