using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using MlOps.Registry;

namespace MlOps.Serving;

/// <summary>Loads a version from the registry, warms it up over its batch sizes and replays its stored example.</summary>
internal sealed class ModelLoader(
    EnvironmentContext context, IModelRegistry registry, IReadOnlyList<IModelRuntimeProvider> providers, ServingOptions options, ServingMetrics metrics,
    IModelAdmission? admission = null, ModelTrials? trials = null)
{
    private const int LargestExample = 16 << 20;
    private static readonly TimeSpan CurveBudget = TimeSpan.FromMilliseconds(60);

    /// <summary>Loads a version for an endpoint.</summary>
    public async ValueTask<ServedVersion> LoadAsync(string endpoint, ModelVersionRef version, CancellationToken cancellationToken)
    {
        var tuned = options.Tuned.GetValueOrDefault(endpoint);
        var batching = options.Endpoints.GetValueOrDefault(endpoint) ?? tuned?.Batching ?? options.Batching;
        var (record, runtime) = await OpenAsync(version, cancellationToken).ConfigureAwait(false);
        try
        {
            await ReplayExampleAsync(record, runtime, cancellationToken).ConfigureAwait(false);
            var curve = await Task.Run(() => WarmUp(runtime, batching, version), cancellationToken).ConfigureAwait(false);
            var shared = new SharedRuntime(runtime, users: 2);
            var labels = new BatchLabels(endpoint, version.ToString());
            var engine = new BatchEngine(shared, batching, context.Clock, tuned?.Curve ?? curve, metrics, labels);
            var tensors = new TensorEngine(shared, batching, context.Clock, engine, metrics, labels, context.LoggerFactory.CreateLogger<TensorEngine>());
            await Task.Run(tensors.WarmUp, cancellationToken).ConfigureAwait(false);
            return new ServedVersion(version, engine, tensors, record.Signature.Features, runtime.MemoryBytes)
            {
                Inputs = runtime.Inputs, Outputs = runtime.Outputs, Runtime = runtime,
            };
        }
        catch
        {
            runtime.Dispose();
            throw;
        }
    }

    /// <summary>Loads a version, tries it and lets it go.</summary>
    public async ValueTask<DeploymentCheck> VerifyAsync(ModelVersionRef version, CancellationToken cancellationToken)
    {
        var begin = Stopwatch.GetTimestamp();
        IModelRuntime? runtime = null;
        try
        {
            (var record, runtime) = await OpenAsync(version, cancellationToken).ConfigureAwait(false);
            var message = await ReplayExampleAsync(record, runtime, cancellationToken).ConfigureAwait(false);
            await Task.Run(() => WarmUp(runtime, options.Batching, version), cancellationToken).ConfigureAwait(false);
            var loaded = Stopwatch.GetElapsedTime(begin);
            var times = await Task.Run(() => MeasureSingle(runtime), cancellationToken).ConfigureAwait(false);
            if (trials is not null && record.Find(ModelArtifactKind.Functions, ModelArtifactNames.Predict) is { } file)
                message += trials.Remark(file.Content.Digest);
            return new DeploymentCheck(true, message, loaded, times[times.Length / 2], times[Math.Min(times.Length - 1, times.Length * 99 / 100)], runtime.MemoryBytes);
        }
        catch (MlOpsException e)
        {
            return new DeploymentCheck(false, e.Message, Stopwatch.GetElapsedTime(begin), TimeSpan.Zero, TimeSpan.Zero, runtime?.MemoryBytes ?? 0);
        }
        finally
        {
            runtime?.Dispose();
        }
    }

    /// <summary>Loads a version's runtime; the caller disposes it.</summary>
    public async ValueTask<(ModelVersion Record, IModelRuntime Runtime)> OpenAsync(ModelVersionRef version, CancellationToken cancellationToken)
    {
        // Serving is the process's own work: whoever asks for a prediction need not be allowed to see the registry.
        using var authority = context.Caller.ActForProcess();
        var record = await registry.GetAsync(version, cancellationToken).ConfigureAwait(false);

        // The signatures cover the manifest, the manifest the digests, and whoever loads a file verifies its digest over the bytes that it loads.
        if (admission is not null && await admission.CheckAsync(record, SignaturePoints.Load, cancellationToken: cancellationToken).ConfigureAwait(false) is { Admitted: false } refused)
            throw new UntrustedModelException($"Environment '{context.Name}' does not load {version}: {refused.Message}");
        var provider = providers.FirstOrDefault(candidate => candidate.CanLoad(record)) ?? throw new InvalidDefinitionException(
            $"{version} has no function that can be served: register an artifact of kind Functions named '{ModelArtifactNames.Predict}' with media type {ModelArtifactNames.OnnxMediaType}.");
        var runtime = await Task.Run(async () => await provider.LoadAsync(record, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        var features = record.Signature.Features.Count;
        if (features == 0 || features == runtime.InputWidth || !runtime.HasRows)
            return (record, runtime);
        runtime.Dispose();
        throw new InvalidDefinitionException($"The signature of {version} names {features} features; its model takes {runtime.InputWidth}.");
    }

    // Example and expectation are the registrant's word for what the file does: a version that does not keep it is not served.
    private async ValueTask<string> ReplayExampleAsync(ModelVersion record, IModelRuntime runtime, CancellationToken cancellationToken)
    {
        var artifact = record.Artifacts.FirstOrDefault(candidate => candidate.Name == ModelArtifactNames.InputExample);
        if (artifact is null)
            return "Loaded and ran; it has no stored example to compare with.";
        InputExample? example;
        try
        {
            var bytes = await context.Artifacts.GetBytesAsync(artifact.Content, LargestExample, cancellationToken).ConfigureAwait(false);
            example = JsonSerializer.Deserialize(bytes, ServingJson.Default.InputExample);
        }
        catch (JsonException e)
        {
            throw new InvalidDefinitionException($"The stored example of {record.Ref} cannot be read: {e.Message}", e);
        }

        if (example?.Input is not { Length: > 0 } input || example.Output is not { } output || output.Length != input.Length)
            throw new InvalidDefinitionException($"The stored example of {record.Ref} needs as many output rows as input rows, and at least one.");
        if (!runtime.HasRows)
            throw new InvalidDefinitionException($"{record.Ref} has a stored example of rows, but its model does not map rows of floats to rows of floats.");
        using var buffer = runtime.CreateBuffer(1);
        for (var row = 0; row < input.Length; row++)
        {
            if (input[row].Length != runtime.InputWidth || output[row].Length != runtime.OutputWidth)
                throw new InvalidDefinitionException(
                    $"Row {row + 1} of the stored example of {record.Ref} has {input[row].Length} features and {output[row].Length} scores; the model has {runtime.InputWidth} and {runtime.OutputWidth}.");
            input[row].CopyTo(buffer.Input.Span);
            Run(buffer, 1, record.Ref);
            for (var i = 0; i < output[row].Length; i++)
            {
                var (expected, actual) = (output[row][i], buffer.Output.Span[i]);
                if (!(Math.Abs((double)expected - actual) <= example.Tolerance * Math.Max(1, Math.Abs(expected))) && !(float.IsNaN(expected) && float.IsNaN(actual)))
                    throw new InvalidDefinitionException(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{record.Ref} does not reproduce its stored example: score {i + 1} of row {row + 1} is {actual:R}, expected {expected:R} within {example.Tolerance:R}."));
            }
        }

        return $"Loaded, ran and reproduced its stored example of {input.Length} rows.";
    }

    // Every size is run once for its bindings; then the best of a few runs tells what a batch of that size costs.
    private static BatchCurve? WarmUp(IModelRuntime runtime, BatchingOptions batching, ModelVersionRef version)
    {
        if (!runtime.HasRows)
            return null;
        var rows = Math.Min(Math.Min(batching.MaximumBatchSize, runtime.FixedBatchSize ?? int.MaxValue), BatchEngine.RowsThatFit(runtime));
        using var buffer = runtime.CreateBuffer(rows);
        Fill(buffer.Input.Span);
        var points = new List<BatchCurvePoint>();
        var begin = Stopwatch.GetTimestamp();
        for (var size = 1; size <= rows; size *= 2)
        {
            Run(buffer, size, version);
            var best = double.MaxValue;
            for (var repetition = 0; repetition < 5 && Stopwatch.GetElapsedTime(begin) < CurveBudget; repetition++)
            {
                var start = Stopwatch.GetTimestamp();
                Run(buffer, size, version);
                best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
            }

            if (best == double.MaxValue)
                break;
            points.Add(new BatchCurvePoint(size, TimeSpan.FromTicks(Math.Max(1, (long)(best * TimeSpan.TicksPerSecond)))));
        }

        return points.Count == 0 ? null : new BatchCurve(points);
    }

    private static TimeSpan[] MeasureSingle(IModelRuntime runtime)
    {
        if (!runtime.HasRows)
            return [TimeSpan.Zero];
        using var buffer = runtime.CreateBuffer(1);
        Fill(buffer.Input.Span);
        var times = new List<TimeSpan>(200);
        var begin = Stopwatch.GetTimestamp();
        do
        {
            var start = Stopwatch.GetTimestamp();
            buffer.Run(1);
            times.Add(Stopwatch.GetElapsedTime(start));
        }
        while (times.Count < 200 && Stopwatch.GetElapsedTime(begin) < TimeSpan.FromMilliseconds(200));
        times.Sort();
        return [.. times];
    }

    private static void Run(IBatchBuffer buffer, int rows, ModelVersionRef version)
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

    // Varied values: on constant rows the branches of trees are predicted and batches look worse than they are.
    private static void Fill(Span<float> input)
    {
        var state = 88172645463325252UL;
        foreach (ref var value in input)
        {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            value = (float)((state >> 40) / (double)(1 << 24)) - 0.5f;
        }
    }
}
