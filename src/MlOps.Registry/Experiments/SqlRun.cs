using Microsoft.Extensions.Logging;

namespace MlOps.Registry;

/// <summary>
/// A run being recorded by this process. Logging fills a buffer; one background task writes it in groups and keeps the heartbeat.
/// The owner written at the start fences: after another process resumed the run, writes of this one fail.
/// </summary>
internal sealed partial class SqlRun : IRun
{
    private readonly EnvironmentContext _context;
    private readonly MetadataArea _area;
    private readonly ExperimentTimings _timings;
    private readonly RunBuffer _buffer;
    private readonly string _owner;
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

    public SqlRun(EnvironmentContext context, MetadataArea area, ExperimentTimings timings, RunBuffer buffer, string id, string experiment, string owner)
    {
        _context = context;
        _area = area;
        _timings = timings;
        _buffer = buffer;
        _owner = owner;
        Id = id;
        Experiment = experiment;
        _logger = context.LoggerFactory.CreateLogger<SqlRun>();
        _lastWrite = context.Clock.GetTimestamp();
        _pump = Task.Run(PumpAsync);
        _timer = context.Clock.CreateTimer(static run => ((SqlRun)run!).Signal(), this, timings.FlushInterval, timings.FlushInterval);
    }

    public string Id { get; }

    public string Experiment { get; }

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

    public void SetTag(string name, string value)
    {
        ThrowIfUnusable();
        NameRules.Field("Tag", name);
        NameRules.Text($"The value of tag '{name}'", value, RegistryLimits.TagValueLength);
        _buffer.SetTag(name, value);
    }

    public void LogInput(string name, string digest, string role)
    {
        ThrowIfUnusable();
        NameRules.Field("Input", name);
        NameRules.Text($"The digest of input '{name}'", digest, RegistryLimits.FieldNameLength);
        NameRules.Field("Role", role);
        _buffer.AddInput(name, digest, role);
    }

    public async ValueTask<ArtifactRef> LogArtifactAsync(string name, Stream content, string mediaType, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        ThrowIfUnusable();
        NameRules.Field("Artifact", name);
        NameRules.MediaType($"Artifact '{name}'", mediaType);
        var stored = await _context.Artifacts.PutAsync(content, mediaType, cancellationToken).ConfigureAwait(false);
        await _area.WriteAsync(async (session, _) =>
        {
            await TouchAsync(session).ConfigureAwait(false);
            await InsertArtifactAsync(session, name, stored).ConfigureAwait(false);
            return true;
        }, cancellationToken).ConfigureAwait(false);
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
