using System.Diagnostics;
using MlOps.Benchmarks.Claims.Support;
using MlOps.Serving;
using MlOps.Serving.Tests;

namespace MlOps.Benchmarks.Claims.Serving;

/// <summary>Asynchronous callers that ask a batching engine without pause, fresh rows in turn, and the same rows as bare batches.</summary>
internal sealed class EngineLoad : IDisposable
{
    private const int RowCount = 4096;
    private readonly float[] _values;
    private readonly RawModel _batch;
    private readonly RawModel[] _own;
    private readonly float[] _rows;

    public EngineLoad(byte[] onnx, int width, int callers, int maximumRows = 256)
    {
        Onnx = onnx;
        Width = width;
        Callers = callers;
        _values = OnnxModels.Values(new Random(3), RowCount * width);
        _batch = new RawModel(onnx, width, rows: Math.Min(callers, maximumRows));
        BatchRows = Math.Min(callers, maximumRows);
        _own = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new RawModel(onnx, width))];
        _rows = new float[BatchRows * width];
        Curve = MeasureCurve(onnx, width);
    }

    public byte[] Onnx { get; }

    public int Width { get; }

    public int Callers { get; }

    public int BatchRows { get; }

    public BatchCurve Curve { get; }

    public BatchEngine Engine(int parallelism) =>
        new(OnnxModelRuntime.Load(Onnx, new OnnxRuntimeOptions(), "claim"), new BatchingOptions { Parallelism = parallelism }, TimeProvider.System, Curve);

    /// <summary>Every caller asks its part; the times of the requests go to <paramref name="times"/> if given.</summary>
    public async Task<long> AskAsync(BatchEngine engine, int start, int count, long[]? times = null)
    {
        var running = new Task<long>[Callers];
        int each = count / Callers;
        for (int i = 0; i < Callers; i++)
        {
            int caller = i;
            running[i] = Task.Run(() => CallerAsync(engine, start + (caller * each), each, times, caller * each));
        }

        return (await Task.WhenAll(running)).Sum();
    }

    /// <summary>Bare batches of the rows that the callers ask for, in the same order: the next row of each caller.</summary>
    public Task<long> RunBatches(int start, int count)
    {
        float sum = 0;
        int each = count / BatchRows;
        for (int next = 0; next < each; next++)
        {
            for (int row = 0; row < BatchRows; row++)
                Features(start + (row * each) + next).Span.CopyTo(_rows.AsSpan(row * Width));
            sum += _batch.Predict(_rows);
        }

        return Task.FromResult((long)sum);
    }

    /// <summary>Single calls, a thread per core.</summary>
    public async Task<long> RunSingly(int start, int count)
    {
        int each = count / _own.Length;
        return (await Task.WhenAll(_own.Select((model, i) => Task.Run(() =>
        {
            float sum = 0;
            for (int row = 0; row < each; row++)
                sum += model.Predict(Features(start + (i * each) + row).Span);
            return (long)sum;
        })))).Sum();
    }

    public void Dispose()
    {
        _batch.Dispose();
        foreach (var model in _own)
            model.Dispose();
    }

    private async Task<long> CallerAsync(BatchEngine engine, int start, int count, long[]? times, int offset)
    {
        float[] scores = new float[1];
        float sum = 0;
        for (int i = 0; i < count; i++)
        {
            long begin = times is null ? 0 : Stopwatch.GetTimestamp();
            var answer = await engine.PredictAsync(Features(start + i).Span, scores);
            if (answer.Status != PredictionStatus.Ok)
                throw new InvalidOperationException($"A request ended as {answer.Status}.");
            if (times is not null)
                times[offset + i] = Stopwatch.GetTimestamp() - begin;
            sum += scores[0];
        }

        return (long)sum;
    }

    private ReadOnlyMemory<float> Features(int row) => _values.AsMemory((row & (RowCount - 1)) * Width, Width);

    private BatchCurve MeasureCurve(byte[] onnx, int width)
    {
        using var runtime = OnnxModelRuntime.Load(onnx, new OnnxRuntimeOptions(), "curve");
        using var buffer = runtime.CreateBuffer(256);
        var points = new List<BatchCurvePoint>();
        int next = 0;
        for (int rows = 1; rows <= 256; rows *= 2)
        {
            var best = TimeSpan.MaxValue;
            for (int repetition = 0; repetition < 20; repetition++)
            {
                // Fresh rows, as the callers bring them: the branches of trees are predicted when rows come again.
                _values.AsSpan((next & (RowCount - 1)) / rows * rows * width, rows * width).CopyTo(buffer.Input.Span);
                next += rows;
                long begin = Stopwatch.GetTimestamp();
                buffer.Run(rows);
                var time = Stopwatch.GetElapsedTime(begin);
                best = time < best ? time : best;
            }

            points.Add(new BatchCurvePoint(rows, best));
        }

        return new BatchCurve(points);
    }
}
