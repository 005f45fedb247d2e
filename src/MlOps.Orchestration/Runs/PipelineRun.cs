using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace MlOps.Orchestration;

/// <summary>A run of a pipeline as stored.</summary>
public sealed record PipelineRun
{
    /// <summary>The run's identity.</summary>
    public required string Id { get; init; }

    /// <summary>The pipeline's name.</summary>
    public required string Pipeline { get; init; }

    /// <summary>The idempotency key within the pipeline.</summary>
    public required string Key { get; init; }

    /// <summary>The state.</summary>
    public required PipelineStatus Status { get; init; }

    /// <summary>The input as JSON.</summary>
    public required string Input { get; init; }

    /// <summary>Why it was started: by whom, or by which trigger and event.</summary>
    public required string Reason { get; init; }

    /// <summary>Who started it.</summary>
    public required string StartedBy { get; init; }

    /// <summary>The code version that created it.</summary>
    public required string CodeVersion { get; init; }

    /// <summary>The SHA-256 of the graph.</summary>
    public required string DefinitionHash { get; init; }

    /// <summary>When it was created.</summary>
    public required Timestamp CreatedAt { get; init; }

    /// <summary>When a host first took it.</summary>
    public Timestamp? StartedAt { get; init; }

    /// <summary>When it ended.</summary>
    public Timestamp? EndedAt { get; init; }

    /// <summary>What made it fail, or why it was cancelled.</summary>
    public string? Error { get; init; }

    /// <summary>The tracking run, or null.</summary>
    public string? TrackingRunId { get; init; }

    /// <summary>The steps in the order of their declaration; empty in lists.</summary>
    public IReadOnlyList<StepRun> Steps { get; init; } = [];

    /// <summary>The graph; null in lists.</summary>
    public PipelineDefinition? Definition { get; init; }

    /// <summary>Whether the run has ended.</summary>
    public bool HasEnded => Status is PipelineStatus.Completed or PipelineStatus.Failed or PipelineStatus.Cancelled;

    /// <summary>The model version that the last completed step of such an output yielded, or null.</summary>
    public ModelVersionRef? Model
    {
        get
        {
            if (Definition is null)
                return null;
            for (var i = Definition.Steps.Count - 1; i >= 0; i--)
            {
                if (Definition.Steps[i].Output == nameof(ModelVersionRef) && this[Definition.Steps[i].Name] is { Status: PipelineStatus.Completed, Output: { } output })
                    return JsonSerializer.Deserialize(output, OrchestrationJson.Default.ModelVersionRef);
            }

            return null;
        }
    }

    internal PipelineJson? Json { get; init; }

    /// <summary>A step of the run.</summary>
    /// <param name="step">Its name, case ignored.</param>
    /// <returns>The step.</returns>
    /// <exception cref="NotFoundException">There is no such step.</exception>
    public StepRun this[string step] =>
        Steps.FirstOrDefault(candidate => string.Equals(candidate.Name, step, StringComparison.OrdinalIgnoreCase))
        ?? throw new NotFoundException($"Run {Id} of '{Pipeline}' has no step '{step}'. {NearestNames.Describe(step, Steps.Select(known => known.Name))}");

    /// <summary>The output of a completed step.</summary>
    /// <typeparam name="T">The output's type.</typeparam>
    /// <param name="step">The step's name.</param>
    /// <param name="typeInfo">How to read it; null takes what the pipeline was registered with.</param>
    /// <returns>The output.</returns>
    /// <exception cref="NotFoundException">There is no such step, or it has no output; the message says why.</exception>
    public T Output<T>(string step, JsonTypeInfo<T>? typeInfo = null)
    {
        var found = this[step];
        if (found.Output is null)
            throw new NotFoundException($"Step '{step}' of run {Id} has no output: it is {found.Status} ({(found.Error ?? found.Reason)}).");
        return typeInfo is not null
            ? JsonSerializer.Deserialize(found.Output, typeInfo)!
            : (Json ?? throw new InvalidOperationException($"Pipeline '{Pipeline}' is not registered in this host: pass the type information of {typeof(T).Name}.")).Read<T>(found.Output);
    }

    /// <summary>Returns the run when it completed, and throws otherwise.</summary>
    /// <returns>This.</returns>
    /// <exception cref="PipelineFailedException">The run failed or was cancelled; the message names the steps and their errors.</exception>
    public PipelineRun EnsureCompleted() => Status == PipelineStatus.Completed ? this : throw new PipelineFailedException(this);
}
