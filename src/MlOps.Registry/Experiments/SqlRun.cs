using Microsoft.Extensions.Logging;

namespace MlOps.Registry;

/// <summary>
/// A run being recorded by this process. Logging fills a buffer; one background task writes it in groups and keeps the heartbeat.
/// The owner written at the start fences: after another process resumed the run, writes of this one fail.
/// </summary>
internal sealed partial class SqlRun : IRun
{
    private readonly SqlExperiments _experiments;
    private readonly EnvironmentContext _context;
    private readonly MetadataArea _area;
    private readonly ExperimentTimings _timings;
    private readonly RunBuffer _buffer;
    private readonly string _owner;
    private readonly bool _completeOnDispose;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly SemaphoreSlim _signal = new(0, 1);
    private readonly ITimer _timer;
    private readonly Task _pump;
    private RunBatch? _unwritten;
    private long _lastWrite;
    private volatile Exception? _fault;
    private volatile Exception? _error;
    private volatile bool _stopping;
    private volatile bool _ended;

    public SqlRun(SqlExperiments experiments, EnvironmentContext context, MetadataArea area, ExperimentTimings timings, RunStart start, RunOptions options)
    {
        _experiments = experiments;
        _context = context;
        _area = area;
        _timings = timings;
        _buffer = start.Buffer;
        _owner = start.Owner;
        _completeOnDispose = options.CompleteOnDispose;
        Id = start.Id;
        Experiment = start.Experiment;
        Attempt = start.Attempt;
        StartedAt = start.StartedAt;
        _logger = context.LoggerFactory.CreateLogger<SqlRun>();
        _lastWrite = context.Clock.GetTimestamp();
        _pump = Task.Run(PumpAsync);
        _timer = context.Clock.CreateTimer(static run => ((SqlRun)run!).Signal(), this, timings.FlushInterval, timings.FlushInterval);
    }

    public string Id { get; }

    public string Experiment { get; }

    public int Attempt { get; }

    public long DroppedPoints => _buffer.Dropped;

    /// <summary>When the run first started; a resumed one counts its system metrics on from there.</summary>
    internal Timestamp StartedAt { get; }

    internal string Owner => _owner;

    private Timestamp Now => Timestamp.From(_context.Clock.GetUtcNow());

    public void LogParameter(string name, string value)
    {
        ThrowIfUnusable();
        NameRules.Field("Parameter", name);
        NameRules.Text($"The value of parameter '{name}'", value, RegistryLimits.ParameterValueLength);
        _buffer.AddParameter(name, value);
    }

    public void LogMetric(string name, double value, long step = 0)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ThrowIfUnusable();
        if (_buffer.AddPoint(name, new MetricPoint(step, Now, value)))
            Signal();
    }

    public void LogMetrics(ReadOnlySpan<KeyValuePair<string, double>> values, long step = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ThrowIfUnusable();
        if (_buffer.AddPoints(values, step, Now))
            Signal();
    }

    /// <summary>Logs what the library measured; it never waits and never throws.</summary>
    internal void LogSystem(ReadOnlySpan<KeyValuePair<string, double>> values)
    {
        if (_ended || _stopping || _fault is not null)
            return;
        var now = Now;
        // Whole seconds since the start are steps that go on where a resumed run stopped; a clock set back stays at 0.
        var step = Math.Max(0, (now.Microseconds - StartedAt.Microseconds) / 1_000_000);
        if (_buffer.TryAddPoints(values, step, now))
            Signal();
    }

    public void RemoveTag(string name)
    {
        ThrowIfUnusable();
        NameRules.Field("Tag", name);
        _buffer.SetTag(name, null);
    }

    public void SetTag(string name, string value)
    {
        ThrowIfUnusable();
        NameRules.Field("Tag", name);
        NameRules.Text($"The value of tag '{name}'", value, RegistryLimits.TagValueLength);
        _buffer.SetTag(name, value);
    }

    public void LogInput(string name, string digest, string role) => LogInput(new RunInput(name, digest, role));

    public void LogInput(RunInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        ThrowIfUnusable();
        NameRules.Field("Input", input.Name);
        NameRules.Text($"The digest of input '{input.Name}'", input.Digest, RegistryLimits.FieldNameLength);
        NameRules.Field("Role", input.Role);
        if (input.Source is not null)
            NameRules.Text($"The source of input '{input.Name}'", input.Source, RegistryLimits.ReasonLength);
        if (input.Schema is not null)
            NameRules.Text($"The schema of input '{input.Name}'", input.Schema, RegistryLimits.DescriptionLength);
        if (input.Rows < 0)
            throw new InvalidInputException($"Input '{input.Name}' has {input.Rows} rows: pass 0 or more, or null when it is not known.");
        _buffer.AddInput(input);
    }

    public ValueTask<IRun> StartChildAsync(RunOptions? options = null, string? experiment = null, CancellationToken cancellationToken = default)
    {
        options ??= new RunOptions();
        if (options.ParentRunId is { } other && other != Id)
            throw new InvalidInputException($"The options name run '{NameRules.Shown(other)}' as parent; a child of run {Id} has this run as parent. Leave ParentRunId null.");
        return _experiments.StartRunAsync(experiment ?? Experiment, options with { ParentRunId = Id }, cancellationToken);
    }

    public async ValueTask<ArtifactRef> LogArtifactAsync(string name, Stream content, string mediaType, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        ThrowIfUnusable();
        NameRules.Field("Artifact", name);
        NameRules.MediaType($"Artifact '{name}'", mediaType);
        var stored = await _context.Artifacts.PutAsync(content, mediaType, cancellationToken).ConfigureAwait(false);
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // The run may have ended while the bytes were stored; touching it now would bring it back to life.
            ThrowIfUnusable();
            await _area.WriteAsync(async (session, _) =>
            {
                await TouchAsync(session).ConfigureAwait(false);
                await InsertArtifactAsync(session, name, stored).ConfigureAwait(false);
                return true;
            }, cancellationToken).ConfigureAwait(false);
        }
        catch (ConcurrencyConflictException conflict)
        {
            _fault = conflict;
            throw;
        }
        finally
        {
            _writing.Release();
        }

        return stored;
    }

    public async ValueTask FlushAsync(CancellationToken cancellationToken = default)
    {
        if (_ended)
            return;
        await WriteAsync(null, cancellationToken).ConfigureAwait(false);
    }

    public void Fail(Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        _error = error;
    }

    public async ValueTask CompleteAsync(RunStatus status = RunStatus.Completed, CancellationToken cancellationToken = default)
    {
        if (status is RunStatus.Running or RunStatus.Lost || !Enum.IsDefined(status))
            throw new InvalidInputException($"A run cannot be ended as {status}. Use Completed, Failed or Cancelled.");
        if (_ended)
            return;
        await WriteAsync(_error is not null && status == RunStatus.Completed ? RunStatus.Failed : status, cancellationToken).ConfigureAwait(false);
        await StopAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (!_ended && _fault is null && _error is null && !_completeOnDispose)
                _error = new InvalidOperationException("The scope of the run was left without CompleteAsync.");
            if (!_ended && _fault is null)
                await CompleteAsync(_error is null ? RunStatus.Completed : RunStatus.Failed).ConfigureAwait(false);
        }
        catch (ConcurrencyConflictException)
        {
            // Whoever resumed the run does its work again; disposal must not fail for the one that lost it.
            LogTakenOver(_logger, Id);
        }
        finally
        {
            await StopAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask StopAsync()
    {
        _stopping = true;
        _experiments.Ended(this);
        await _timer.DisposeAsync().ConfigureAwait(false);
        Signal();
        await _pump.ConfigureAwait(false);
    }

    private void Signal()
    {
        try
        {
            if (_signal.CurrentCount == 0)
                _signal.Release();
        }
        catch (SemaphoreFullException)
        {
            // Two callers at once: the pump is awake either way.
        }
    }

    private void ThrowIfUnusable()
    {
        if (_fault is { } fault)
            throw new ConcurrencyConflictException($"Run {Id} cannot be logged to any more: {fault.Message}", fault);
        if (_ended)
            throw new InvalidOperationException($"Run {Id} has ended. Start a run under the same key to resume it, or a new one.");
    }
}
