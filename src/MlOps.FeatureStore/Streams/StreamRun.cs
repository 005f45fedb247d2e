using Microsoft.Extensions.Logging;

namespace MlOps.Features;

/// <summary>A stream job at work: its partitions in parallel.</summary>
internal sealed partial class StreamRun : IStreamRun
{
    private readonly CancellationTokenSource _stopReading = new();
    private readonly EnvironmentContext _context;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly long _began;
    private StreamPartition[] _partitions = [];
    private TaskCompletionSource? _paused;
    private long _applied;
    private long _late;
    private long _duplicates;

    private StreamRun(FeatureStore store, EnvironmentContext context, StreamJob job, FeatureView view, StreamOffsets offsets)
    {
        _context = context;
        Store = store;
        Job = job;
        View = view;
        Offsets = offsets;
        Time = context.Clock;
        Clock = new StreamClock(job, context.Clock);
        Poison = new DeadLetters(job, context.Files, Path.Combine(context.Directory, "features", "streams", job.Name, "dead-letters.jsonl"), context.Clock);
        _began = Time.GetTimestamp();
        _logger = context.LoggerFactory.CreateLogger("MlOps.Features");
    }

    public StreamJob Job { get; }

    public Task Completion { get; private set; } = Task.CompletedTask;

    public FeatureStore Store { get; }

    public FeatureView View { get; }

    public StreamOffsets Offsets { get; }

    public StreamClock Clock { get; }

    public DeadLetters Poison { get; }

    public TimeProvider Time { get; }

    public CancellationToken Reading => _stopReading.Token;

    public static async ValueTask<StreamRun> StartAsync(
        FeatureStore store, EnvironmentContext context, StreamJob job, FeatureView view, StreamOffsets offsets, CancellationToken cancellationToken)
    {
        var run = new StreamRun(store, context, job, view, offsets);
        try
        {
            var names = await job.Source.GetPartitionsAsync(cancellationToken).ConfigureAwait(false);
            run._partitions = [.. names.Distinct(StringComparer.Ordinal).Select(name => new StreamPartition(run, name))];
            foreach (var partition in run._partitions)
                await partition.PrepareAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            run.Poison.Dispose();
            run._stopReading.Dispose();
            throw;
        }

        run.Completion = run.RunAsync();
        return run;
    }

    public async ValueTask<StreamJobStatus> GetStatusAsync(CancellationToken cancellationToken = default)
    {
        Require();
        var partitions = new List<StreamPartitionStatus>();
        foreach (var partition in _partitions)
            partitions.Add(await partition.StatusAsync(cancellationToken).ConfigureAwait(false));
        var watermark = Clock.Watermark();
        var rows = Interlocked.Read(ref _applied);
        var seconds = Time.GetElapsedTime(_began).TotalSeconds;
        return new StreamJobStatus
        {
            Job = Job.Name,
            View = Job.View,
            State = Completion.IsFaulted ? StreamJobState.Failed : Completion.IsCompleted ? StreamJobState.Stopped : _paused is null ? StreamJobState.Running : StreamJobState.Paused,
            Partitions = partitions,
            Watermark = watermark == long.MinValue ? null : new Timestamp(watermark),
            Rows = rows,
            RowsPerSecond = seconds > 0 ? rows / seconds : 0,
            LateRows = Interlocked.Read(ref _late),
            Duplicates = Interlocked.Read(ref _duplicates),
            Poison = Poison.Count,
            Error = Completion.Exception?.InnerException?.Message,
        };
    }

    public void Pause()
    {
        Require();
        lock (_gate)
            _paused ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void Resume()
    {
        Require();
        TaskCompletionSource? paused;
        lock (_gate)
        {
            paused = _paused;
            _paused = null;
        }

        paused?.SetResult();
    }

    public Task ReachAsync(string partition, long offset, CancellationToken cancellationToken = default)
    {
        Require();
        return (Array.Find(_partitions, other => other.Name == partition)
            ?? throw new NotFoundException($"Stream job '{Job.Name}' has no partition '{partition}'. {NearestNames.Describe(partition, _partitions.Select(other => other.Name))}"))
            .ReachAsync(offset).WaitAsync(cancellationToken);
    }

    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        Require();
        StopReading();
        await Completion.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        StopReading();
        await Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void StopReading()
    {
        try
        {
            _stopReading.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // Ended already.
        }
    }

    // A run may be handed on; who has it is asked as who lists the runs is. Disposing is not: a job must end with the host.
    private void Require() => _context.Access.Require(EnvironmentPermission.ManageFeatures, $"stream job '{Job.Name}'");

    /// <summary>Waits while the job is paused.</summary>
    public async ValueTask GoAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task? paused;
            lock (_gate)
                paused = _paused?.Task;
            if (paused is null)
                return;
            await paused.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public void CountDuplicates(int rows)
    {
        Interlocked.Add(ref _duplicates, rows);
        StreamMetrics.Duplicates(Job, rows);
    }

    public void CountApplied(int rows, int late)
    {
        Interlocked.Add(ref _applied, rows);
        Interlocked.Add(ref _late, late);
        StreamMetrics.Applied(Job, rows);
        StreamMetrics.Late(Job, late);
    }

    private async Task RunAsync()
    {
        LogStarted(_logger, Job.Name, Job.View, _partitions.Length);
        try
        {
            await Task.WhenAll(_partitions.Select(partition => partition.RunAsync())).ConfigureAwait(false);
            LogStopped(_logger, Job.Name, Interlocked.Read(ref _applied));
        }
        catch (Exception error)
        {
            LogFailed(_logger, Job.Name, error);
            throw;
        }
        finally
        {
            Poison.Dispose();
            _stopReading.Dispose();
        }
    }
}
