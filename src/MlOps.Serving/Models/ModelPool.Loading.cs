using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace MlOps.Serving;

internal sealed partial class ModelPool
{
    // What a session takes beside its weights, and what its weights take over the file's bytes, until this process has measured better.
    private const long SessionBytes = 128 << 10;
    private double _growth = 1.25;

    private long _loads;
    private int _active;
    private long _disturbances;

    private async Task LoadAsync(PooledModel model, BatchingOptions batching)
    {
        Interlocked.Increment(ref _loads);
        try
        {
            var record = await loader.FindAsync(model.Version, CancellationToken.None).ConfigureAwait(false);
            var file = ModelLoader.FileBytes(record);
            await ReserveAsync(model, Estimate(model.Use, file)).ConfigureAwait(false);
            await _loading.WaitAsync().ConfigureAwait(false);
            var begin = Stopwatch.GetTimestamp();
            long? taken;
            try
            {
                taken = await MeasureAsync(async () =>
                {
                    (var runtime, model.Report) = await loader.LoadAsync(record, CancellationToken.None).ConfigureAwait(false);
                    model.Record = record;
                    model.Runtime = new SharedRuntime(runtime, users: 1);
                    await EngineOf(model, batching).ConfigureAwait(false);
                }).ConfigureAwait(false);
            }
            finally
            {
                _loading.Release();
            }

            Enter(model, file, taken, Stopwatch.GetElapsedTime(begin));
        }
        catch (Exception e)
        {
            Fail(model, e);
        }
    }

    // Loads and unloads that overlap would be measured together; then nothing is learnt.
    private async Task<long?> MeasureAsync(Func<Task> load)
    {
        long disturbances;
        long? before;
        lock (_gate)
        {
            if (_active++ > 0)
                _disturbances++;
            disturbances = _disturbances;
            before = _memory.Measure && _active == 1 && _leavingBytes == 0 ? NativeHeap.InUse() : null;
        }

        try
        {
            await load().ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
                _active--;
        }

        if (before is null)
            return null;
        var after = NativeHeap.InUse();
        lock (_gate)
            return disturbances == _disturbances && _leavingBytes == 0 ? after - before : null;
    }

    private void Enter(PooledModel model, long file, long? taken, TimeSpan time)
    {
        List<PooledModel>? leaving = null;
        var runtime = model.Runtime!;
        lock (_gate)
        {
            var use = model.Use;
            var least = Math.Max(runtime.MemoryBytes, file) / 2;
            if (taken is { } measured && measured >= least && measured <= (16 * file) + (64L << 20))
            {
                use.Bytes = measured;
                use.IsMeasured = true;
                if (file > SessionBytes)
                    _growth = Math.Clamp((_growth * 0.9) + (0.1 * (measured - SessionBytes) / file), 1, 4);
            }
            else if (!use.IsMeasured)
            {
                use.Bytes = _memory.Measure ? Estimate(use, file) : Math.Max(runtime.MemoryBytes, file);
            }

            Resize(model, use.Bytes, ref leaving);
            use.Loaded(Timestamp.From(context.Clock.GetUtcNow()), time);
            use.Inputs = runtime.Inputs;
            use.Outputs = runtime.Outputs;
            use.Device = runtime.Device;
            model.Stage = PoolStage.Ready;
            if (model.Leases == 0 && (_disposed || model.IsCondemned || !use.IsWanted))
                Begin(model, ref leaving);
            Plan(ref leaving);
        }

        LogLoaded(_logger, model.Version.ToString(), model.Use.Bytes, time.TotalMilliseconds, context.Name);
        model.BecomeReady();
        Leave(leaving);
    }

    private void Fail(PooledModel model, Exception error)
    {
        foreach (var engine in model.Engines)
            engine.Retire();
        model.Runtime?.Dispose();
        List<PooledModel>? leaving = null;
        lock (_gate)
        {
            _models.Remove(model.Version);
            Hold(model, 0);
            if (error is OverloadedException or NotFoundException)
            {
                if (model.Use is { IsPinned: false, Endpoints.Count: 0 })
                    Forget(model.Use);
            }
            else
            {
                model.Use.Failed(error, Timestamp.From(context.Clock.GetUtcNow()), _memory.FirstRetryAfter);
            }

            Plan(ref leaving);
        }

        LogFailed(_logger, model.Version.ToString(), context.Name, error);
        model.Fail(error);
        model.Leave();
        Leave(leaving);
    }

    private long Estimate(ModelUse use, long file) =>
        use.IsMeasured || !_memory.Measure ? Math.Max(use.Bytes, _memory.Measure ? 0 : file) : SessionBytes + (long)(file * _growth);

    [LoggerMessage(4160, LogLevel.Information, "Loaded {Version}, {Bytes} bytes, in {Milliseconds} ms in environment '{Environment}'")]
    private static partial void LogLoaded(ILogger logger, string version, long bytes, double milliseconds, string environment);

    [LoggerMessage(4161, LogLevel.Information, "Unloaded {Version}, {Bytes} bytes, in environment '{Environment}'")]
    private static partial void LogUnloaded(ILogger logger, string version, long bytes, string environment);

    [LoggerMessage(4163, LogLevel.Warning, "Models of environment '{Environment}' were still in use when serving ended")]
    private static partial void LogStillInUse(ILogger logger, string environment);

    [LoggerMessage(4162, LogLevel.Warning, "{Version} could not be loaded in environment '{Environment}'")]
    private static partial void LogFailed(ILogger logger, string version, string environment, Exception exception);
}
