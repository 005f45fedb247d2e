using Microsoft.Extensions.Logging;
using MlOps.Registry;

namespace MlOps.Serving;

/// <summary>The endpoints of one environment in this process, and the timer that follows other processes' changes.</summary>
internal sealed partial class EndpointSet : IEndpoints, IModelDeployer, IAsyncDisposable
{
    private readonly EnvironmentContext _context;
    private readonly ServingOptions _options;
    private readonly ServingMetrics _metrics;
    private readonly IPredictionSink[] _sinks;
    private readonly TrafficStore _traffic;
    private readonly ModelPool _pool;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Endpoint> _endpoints = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _refreshing = new(1, 1);
    private ITimer? _timer;
    private long _mark = -1;
    private int _failures;
    private int _pollsToSkip;
    private bool _disposed;

    public EndpointSet(
        EnvironmentContext context, IModelRegistry registry, ServingOptions options, IEnumerable<IModelRuntimeProvider> providers,
        IEnumerable<IPredictionSink> sinks, ServingMetrics metrics, IModelAdmission? admission = null, EndpointServices? more = null)
    {
        _more = more ?? new EndpointServices();
        _context = context;
        _options = options;
        _metrics = metrics;
        _exposures = OpenExposures();
        _payloads = OpenPayloads();
        _sinks = _payloads is null ? [.. sinks] : [.. sinks, _payloads];
        _traffic = new TrafficStore(context);
        var files = new ModelAdmission(context, options.Admission);
        Trials = files.Trials;
        ModelLoader? loader = null;
        var named = new FunctionRuntimeProvider(context, _more.Functions, async (version, cancellationToken) =>
            (await loader!.LoadAsync(await loader.FindAsync(version, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false)).Runtime);
        loader = new ModelLoader(context, registry, [.. providers, named, new OnnxRuntimeProvider(context, options, files, metrics)], options, metrics, admission, Trials);
        _pool = new ModelPool(context, loader, options);
        _logger = context.LoggerFactory.CreateLogger<EndpointSet>();
    }

    public IEndpoint this[string name] => Get(name);

    public ModelPool Pool => _pool;

    public ModelTrials Trials { get; }

    public bool PassesNaN(string endpoint) => _options.Endpoints.GetValueOrDefault(endpoint, _options.Batching).MissingFeatures == MissingFeatures.Pass;

    public Endpoint Get(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_endpoints.TryGetValue(name, out var endpoint))
                return endpoint;
            if (name.Length is 0 or > 100 || !char.IsAsciiLetter(name[0]) || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'))
                throw new InvalidDefinitionException($"Endpoint name '{name}' is not allowed: use 1 to 100 letters, digits and '. _ -', beginning with a letter.");
            endpoint = new Endpoint(name, _context, _traffic, _pool, _sinks, _metrics, _options) { Peers = Get, Exposures = _exposures, Guards = _more.Guards, Sources = _more.Sources };
            _endpoints.Add(name, endpoint);
            _timer ??= _context.Clock.CreateTimer(static state => _ = ((EndpointSet)state!).PollAsync(), this, _options.PollInterval, _options.PollInterval);
            return endpoint;
        }
    }

    public async ValueTask<IReadOnlyList<EndpointStatus>> ListAsync(CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Read, "the endpoints");
        var (_, newest) = await _traffic.ListAsync(cancellationToken).ConfigureAwait(false);
        var list = new List<EndpointStatus>();
        foreach (var (name, _) in newest)
        {
            var status = Get(name).Status();
            var policy = status.Policy ?? await Get(name).GetTrafficAsync(cancellationToken).ConfigureAwait(false);
            if (policy is not null)
                list.Add(status with { Policy = policy });
        }

        return list;
    }

    public async ValueTask RefreshAsync(CancellationToken cancellationToken = default)
    {
        await FollowTrafficAsync(cancellationToken).ConfigureAwait(false);
        await TendAsync(cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask FollowTrafficAsync(CancellationToken cancellationToken)
    {
        await _refreshing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var mark = await _traffic.MarkAsync(cancellationToken).ConfigureAwait(false);
            Endpoint[] endpoints;
            lock (_gate)
                endpoints = [.. _endpoints.Values];
            var behind = await FindMovedAsync(endpoints, cancellationToken).ConfigureAwait(false);
            if (mark == _mark && behind.Count == 0)
                return;
            var followed = true;
            foreach (var endpoint in endpoints)
            {
                if (!endpoint.IsLoaded)
                    continue;
                if (mark != _mark)
                    followed &= await endpoint.RefreshAsync(cancellationToken).ConfigureAwait(false);
                if (behind.Contains(endpoint))
                    followed &= await FollowAliasesAsync(endpoint, cancellationToken).ConfigureAwait(false);
            }

            // A version that could not be loaded is tried again, ever more rarely.
            _failures = followed ? 0 : Math.Min(_failures + 1, 6);
            _pollsToSkip = followed ? 0 : (1 << _failures) - 1;
            if (followed)
                _mark = mark;
        }
        finally
        {
            _refreshing.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Endpoint[] endpoints;
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            endpoints = [.. _endpoints.Values];
        }

        if (_timer is not null)
            await _timer.DisposeAsync().ConfigureAwait(false);
        foreach (var endpoint in endpoints)
            await endpoint.CloseAsync().ConfigureAwait(false);
        await CloseLogsAsync().ConfigureAwait(false);
        await _pool.DisposeAsync().ConfigureAwait(false);
        _metrics.Dispose();
    }

    private async Task PollAsync()
    {
        await PollTrialsAsync().ConfigureAwait(false);
        _pool.SweepIdle();
        if (_disposed || _refreshing.CurrentCount == 0 || Interlocked.Decrement(ref _pollsToSkip) >= 0)
            return;
        try
        {
            await FollowTrafficAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            if (!_disposed)
                LogPollFailed(_logger, _context.Name, e);
        }
    }

    [LoggerMessage(4010, LogLevel.Warning, "Serving in environment '{Environment}' could not look for traffic changes")]
    private static partial void LogPollFailed(ILogger logger, string environment, Exception exception);
}
