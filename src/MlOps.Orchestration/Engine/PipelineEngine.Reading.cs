using System.Text.Json;

namespace MlOps.Orchestration;

internal sealed partial class PipelineEngine
{
    public async ValueTask<PipelineRun> GetAsync(string runId, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Read, "pipeline runs");
        ArgumentNullException.ThrowIfNull(runId);
        var (row, steps, attempts, definition) = await _store.ReadAsync(runId, cancellationToken).ConfigureAwait(false);
        if (row is null || definition is null)
            throw UnknownRun(runId);
        var graph = JsonSerializer.Deserialize(definition, OrchestrationJson.Default.PipelineDefinition)!;
        var rows = steps.ToDictionary(step => step.Step, StringComparer.Ordinal);
        var attemptsByStep = attempts.ToLookup(pair => pair.Step, pair => pair.Attempt, StringComparer.Ordinal);
        return Map(row) with
        {
            Definition = graph,
            Steps = [.. graph.Steps.Select(step => MapStep(step, rows.GetValueOrDefault(step.Name), attemptsByStep[step.Name]))],
        };
    }

    public async ValueTask<PipelineRun?> FindAsync(string pipeline, string key, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Read, "pipeline runs");
        ArgumentNullException.ThrowIfNull(pipeline);
        ArgumentNullException.ThrowIfNull(key);
        return await _store.FindByKeyAsync(pipeline, key, cancellationToken).ConfigureAwait(false) is { } row
            ? await GetAsync(row.Id, cancellationToken).ConfigureAwait(false)
            : null;
    }

    public async ValueTask<IReadOnlyList<PipelineRun>> ListAsync(PipelineRunQuery? query = null, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Read, "pipeline runs");
        var rows = await _store.ListAsync(query ?? new PipelineRunQuery(), cancellationToken).ConfigureAwait(false);
        return [.. rows.Select(Map)];
    }

    private PipelineRun Map(RunRow row) => new()
    {
        Id = row.Id,
        Pipeline = row.Pipeline,
        Key = row.Key,
        Status = row.Status,
        Input = row.Input,
        Reason = row.Reason,
        StartedBy = row.StartedBy,
        CodeVersion = row.CodeVersion,
        DefinitionHash = row.DefinitionHash,
        CreatedAt = row.CreatedAt,
        StartedAt = row.StartedAt,
        EndedAt = row.EndedAt,
        Error = row.Error,
        TrackingRunId = row.TrackingRun,
        Json = _catalog.Value.JsonOf(row.Pipeline),
    };

    private static StepRun MapStep(StepDefinition step, StepRow? row, IEnumerable<StepAttempt> attempts) => new()
    {
        Name = step.Name,
        Kind = step.Kind,
        Status = row?.Status ?? PipelineStatus.Pending,
        Reason = row?.Reason ?? "waits for its inputs",
        StartedAt = row?.StartedAt,
        EndedAt = row?.EndedAt,
        Failures = row?.Failures ?? 0,
        Interruptions = row?.Interruptions ?? 0,
        CachedFrom = row?.CachedFrom,
        Output = row?.Output,
        Error = row?.Error,
        Attempts = [.. attempts],
    };
}
