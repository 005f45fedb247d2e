using Microsoft.Extensions.Logging;
using MlOps.Orchestration;
using MlOps.Registry;

namespace MlOps;

/// <summary>What a running step knows. Everything in it belongs to the run's environment. Thread-safe.</summary>
public sealed class StepContext
{
    private readonly Action<double, string> _report;
    private readonly string _workspace;
    private readonly IRun? _run;

    internal StepContext(IMlOpsEnvironment environment, string runId, string pipeline, string step, int attempt, string workspace,
        IRun? run, ModelProvenance? provenance, ILogger logger, Action<double, string> report)
    {
        Environment = environment;
        RunId = runId;
        Pipeline = pipeline;
        Step = step;
        Attempt = attempt;
        Provenance = provenance;
        Logger = logger;
        _workspace = workspace;
        _run = run;
        _report = report;
    }

    /// <summary>The environment that the run belongs to.</summary>
    public IMlOpsEnvironment Environment { get; }

    /// <summary>The run's identity.</summary>
    public string RunId { get; }

    /// <summary>The pipeline's name.</summary>
    public string Pipeline { get; }

    /// <summary>The step's name.</summary>
    public string Step { get; }

    /// <summary>1 and one more for each recorded failure; an attempt that a crash interrupted is repeated under the same number.</summary>
    public int Attempt { get; }

    /// <summary>The same for every execution of this step in this run. Give it to whatever the step changes, so that it happens once.</summary>
    public string IdempotencyKey => $"{RunId}/{Step}";

    /// <summary>What a model that this run makes stands for, when the run is a retraining for a promotion.</summary>
    public ModelProvenance? Provenance { get; }

    /// <summary>A logger that names run and step.</summary>
    public ILogger Logger { get; }

    /// <summary>The environment's clock.</summary>
    public TimeProvider Clock => Environment.Context.Clock;

    /// <summary>The environment's artifacts, for what is too large to be an output.</summary>
    public IArtifactStore Artifacts => Environment.Context.Artifacts;

    /// <summary>A scratch directory of this step in this run; it survives a crash and is removed after the run has completed.</summary>
    public string Workspace
    {
        get
        {
            Directory.CreateDirectory(_workspace);
            return _workspace;
        }
    }

    /// <summary>The tracking run of this pipeline run: all steps log into it.</summary>
    /// <exception cref="InvalidOperationException">Tracking is off.</exception>
    public IRun Run => _run ?? throw new InvalidOperationException(
        $"Step '{Step}' asks for its tracking run, but {nameof(OrchestrationOptions)}.{nameof(OrchestrationOptions.TrackRuns)} is off. Turn it on.");

    internal string? TrackingRunId => _run?.Id;

    /// <summary>Says how far the step is, to whoever watches.</summary>
    /// <param name="fraction">0 to 1.</param>
    /// <param name="message">What it is doing.</param>
    public void Report(double fraction, string message = "") => _report(Math.Clamp(fraction, 0, 1), message);

    /// <summary>Registers a model version in this environment at most once per run and step, and notes the run and what it stands for.</summary>
    /// <param name="draft">The version; its key, and run and provenance where empty, are filled in.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The version's name.</returns>
    public async ValueTask<ModelVersionRef> RegisterAsync(ModelVersionDraft draft, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(draft);
        var version = await Environment.Get<IModelRegistry>().RegisterAsync(
            draft with { Key = draft.Key ?? IdempotencyKey, RunId = draft.RunId ?? TrackingRunId, Provenance = draft.Provenance ?? Provenance },
            cancellationToken).ConfigureAwait(false);
        return version.Ref;
    }
}
