using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MlOps.Registry;

namespace MlOps.Orchestration;

/// <summary>Runs the pipelines of one environment in this process.</summary>
internal sealed partial class PipelineEngine : IPipelines, IAsyncDisposable
{
    private readonly EnvironmentContext _context;
    private readonly OrchestrationOptions _options;
    private readonly Lazy<PipelineCatalog> _catalog;
    private readonly Lazy<EngineScope> _scope;
    private readonly RunStore _store;
    private readonly ProgressHub _progress = new();
    private readonly ILogger _logger;
    private readonly string _owner = LeaseOwner.Create();
    private readonly Dictionary<string, Drive> _running = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private bool _disposed;

    public PipelineEngine(EnvironmentContext context, IServiceProvider services, OrchestrationOptions options)
    {
        options.Validate();
        _context = context;
        _options = options;
        _logger = context.LoggerFactory.CreateLogger("MlOps.Orchestration");
        var environment = new EnvironmentServices(services, context, _stop);
        // Asked for now, so that the container closes it after the engine whose runs write to it.
        var experiments = services.GetKeyedService<IExperiments>(context.Name);
        _catalog = new Lazy<PipelineCatalog>(() => new PipelineCatalog(services.GetServices<PipelineRegistration>(), services, environment, [.. options.JsonResolvers]));
        _store = new RunStore(new MetadataArea(context.Metadata, OrchestrationSchema.Schema), context, options);
        _scope = new Lazy<EngineScope>(() => new EngineScope
        {
            Context = context,
            Environment = environment,
            Options = options,
            Store = _store,
            Progress = _progress,
            Slots = new SemaphoreSlim(options.MaxParallelSteps),
            Owner = _owner,
            Logger = _logger,
            Experiments = experiments,
        });
    }

    public IReadOnlyList<string> Names => _catalog.Value.Names;

    internal RunStore Store => _store;

    internal PipelineCatalog Catalog => _catalog.Value;

    public void Validate() => _catalog.Value.Validate();

    public PipelineDefinition Describe(string pipeline) => _catalog.Value.Get(pipeline).Definition;

    public async ValueTask<PipelineRun> RunAsync<TPipeline, TInput>(TInput input, RunPipelineOptions? options = null, CancellationToken cancellationToken = default)
        where TPipeline : class, IPipeline<TInput>
    {
        _context.Access.Require(EnvironmentPermission.LogRuns, "pipeline runs");
        var run = await CreateAsync<TPipeline, TInput>(input, options, cancellationToken).ConfigureAwait(false);
        return await WaitAsync(run.Id, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<PipelineRun> StartAsync<TPipeline, TInput>(TInput input, RunPipelineOptions? options = null, CancellationToken cancellationToken = default)
        where TPipeline : class, IPipeline<TInput>
    {
        _context.Access.Require(EnvironmentPermission.LogRuns, "pipeline runs");
        var run = await CreateAsync<TPipeline, TInput>(input, options, cancellationToken).ConfigureAwait(false);
        if (!run.HasEnded)
            _ = BeginDrive(run.Id);
        return await GetAsync(run.Id, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<PipelineRun> StartAsync(string pipeline, string inputJson, RunPipelineOptions? options = null, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.LogRuns, "pipeline runs");
        ArgumentNullException.ThrowIfNull(pipeline);
        ArgumentNullException.ThrowIfNull(inputJson);
        var compiled = _catalog.Value.Get(pipeline);
        var run = await CreateAsync(compiled, Normalise(compiled, inputJson), options, cancellationToken).ConfigureAwait(false);
        if (!run.HasEnded)
            _ = BeginDrive(run.Id);
        return await GetAsync(run.Id, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<PipelineRun> WaitAsync(string runId, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Read, "pipeline runs");
        while (true)
        {
            var row = await _store.FindAsync(runId, cancellationToken).ConfigureAwait(false) ?? throw UnknownRun(runId);
            if (!row.HasEnded)
            {
                await BeginDrive(runId).WaitAsync(cancellationToken).ConfigureAwait(false);
                row = (await _store.FindAsync(runId, cancellationToken).ConfigureAwait(false))!;
            }

            if (row.HasEnded)
                return await GetAsync(runId, cancellationToken).ConfigureAwait(false);
            if (_stop.IsCancellationRequested)
                throw new OperationCanceledException($"The host stops; run {runId} goes on when a host starts again.");

            // Another host holds it.
            await Task.Delay(_options.PollInterval, _context.Clock, cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask<PipelineRun> ResumeAsync(string runId, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.LogRuns, "pipeline runs");
        var row = await _store.FindAsync(runId, cancellationToken).ConfigureAwait(false) ?? throw UnknownRun(runId);
        _ = _catalog.Value.Get(row.Pipeline);
        if (row.HasEnded)
            await _store.ReopenAsync(runId, cancellationToken).ConfigureAwait(false);
        return await WaitAsync(runId, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<bool> CancelAsync(string runId, string reason = "", CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.LogRuns, "pipeline runs");
        if (!await _store.RequestCancelAsync(runId, reason, cancellationToken).ConfigureAwait(false))
            return await _store.FindAsync(runId, cancellationToken).ConfigureAwait(false) is null ? throw UnknownRun(runId) : false;
        lock (_gate)
        {
            if (_running.TryGetValue(runId, out var drive))
            {
                drive.Cancel(reason);
                return true;
            }
        }

        // Nobody may be driving it: then this host takes it to write its end.
        if (!InsideOwnRun())
            await BeginDrive(runId).WaitAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    public IAsyncEnumerable<PipelineProgress> WatchAsync(string? runId = null, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Read, "pipeline runs");
        return _progress.Watch(runId, cancellationToken);
    }

    /// <summary>Takes and drives every run that nobody holds.</summary>
    /// <returns>One task per run.</returns>
    internal async ValueTask<IReadOnlyList<Task>> TakeOverAsync(CancellationToken cancellationToken)
    {
        var tasks = new List<Task>();
        foreach (var run in await _store.ListOrphansAsync(cancellationToken).ConfigureAwait(false))
        {
            if (_catalog.Value.Names.Contains(run.Pipeline))
                tasks.Add(BeginDrive(run.Id));
        }

        return tasks;
    }

    internal static string Normalise(CompiledPipeline pipeline, string inputJson)
    {
        try
        {
            var info = pipeline.Json.Options.GetTypeInfo(pipeline.Input);
            var value = JsonSerializer.Deserialize(inputJson, info) ?? throw new InvalidInputException($"The input of pipeline '{pipeline.Name}' is null; expected {pipeline.Definition.Input} as JSON.");
            return JsonSerializer.Serialize(value, info);
        }
        catch (JsonException error)
        {
            throw new InvalidInputException($"The input of pipeline '{pipeline.Name}' is not a {pipeline.Definition.Input} as JSON: {error.Message}", error);
        }
    }

    internal async ValueTask<RunRow> CreateAsync(CompiledPipeline pipeline, string input, RunPipelineOptions? options, CancellationToken cancellationToken)
    {
        options ??= new RunPipelineOptions();
        if (options.Key is { } given && (given.Length is 0 or > 200))
            throw new InvalidInputException($"The run key '{given}' has {given.Length} characters: use 1 to 200, or null for a new run each time.");
        if (options.Key is { } key && await _store.FindByKeyAsync(pipeline.Name, key, cancellationToken).ConfigureAwait(false) is { } known && known.Input == input)
            return known;
        await EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        await BlobReferences.RefreshAsync(_context.Artifacts, input, cancellationToken).ConfigureAwait(false);
        return await _store.Area.WriteAsync(async (session, _) => (await CreateAsync(session, pipeline, input, options).ConfigureAwait(false)).Run, cancellationToken).ConfigureAwait(false);
    }

    internal ValueTask<(RunRow Run, bool Created)> CreateAsync(IMetadataSession session, CompiledPipeline pipeline, string input, RunPipelineOptions options) =>
        _store.CreateAsync(session, pipeline, input, options.Key ?? "", options,
            options.Provenance is null ? null : JsonSerializer.Serialize(options.Provenance, OrchestrationJson.Default.ModelProvenance));

    // Events and audit are written within our transactions, where their tables can no longer be made.
    internal async ValueTask EnsureReadyAsync(CancellationToken cancellationToken)
    {
        if (_ready)
            return;
        await _context.Events.ReadAsync(limit: 1, cancellationToken: cancellationToken).ConfigureAwait(false);
        using (_context.Caller.ActForProcess())
            await _context.Audit.ReadAsync(limit: 1, cancellationToken: cancellationToken).ConfigureAwait(false);
        await _store.Area.EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        _ready = true;
    }

    private volatile bool _ready;

    private ValueTask<RunRow> CreateAsync<TPipeline, TInput>(TInput input, RunPipelineOptions? options, CancellationToken cancellationToken)
        where TPipeline : class, IPipeline<TInput>
    {
        ArgumentNullException.ThrowIfNull(input);
        ObjectDisposedException.ThrowIf(_stop.IsCancellationRequested, this);
        var compiled = _catalog.Value.Get(typeof(TPipeline));
        return CreateAsync(compiled, compiled.Json.Write(input), options, cancellationToken);
    }

    private static NotFoundException UnknownRun(string runId) => new($"There is no run '{runId}' in this environment. List the runs with Pipelines.ListAsync.");
}
