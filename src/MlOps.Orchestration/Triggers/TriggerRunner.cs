using Microsoft.Extensions.Logging;

namespace MlOps.Orchestration;

/// <summary>
/// Turns events into runs. The place in the event log and the run are committed together, so an event starts one run whatever
/// dies in between, also when several hosts look at the same events.
/// </summary>
internal sealed partial class TriggerRunner(EnvironmentContext context, PipelineEngine engine, IEnumerable<TriggerRegistration> triggers, ILogger logger)
{
    private const int Batch = 256;
    private readonly TriggerRegistration[] _triggers = Check(triggers, context.Name);

    /// <summary>Looks at every event that came since.</summary>
    /// <returns>How many runs were created.</returns>
    public async ValueTask<int> ProcessAsync(CancellationToken cancellationToken)
    {
        if (_triggers.Length == 0)
            return 0;
        await engine.EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        var created = 0;
        foreach (var trigger in _triggers)
            created += await ProcessAsync(trigger, cancellationToken).ConfigureAwait(false);
        return created;
    }

    private async ValueTask<int> ProcessAsync(TriggerRegistration trigger, CancellationToken cancellationToken)
    {
        var pipeline = engine.Catalog.Get(trigger.Pipeline);
        var created = 0;
        while (true)
        {
            var (cursor, fired) = await PlaceAsync(trigger.Name, cancellationToken).ConfigureAwait(false);
            var events = await context.Events.ReadAsync(cursor, trigger.EventType, Batch, cancellationToken).ConfigureAwait(false);
            foreach (var happened in events)
            {
                var verdict = Judge(trigger, pipeline, happened, fired, out var input, out var error);
                var (moved, run) = await CommitAsync(trigger, pipeline, cursor, happened, input, error, cancellationToken).ConfigureAwait(false);
                if (!moved)
                    break;
                cursor = happened.Sequence;
                LogSeen(logger, trigger.Name, happened.Sequence, happened.Type, verdict);
                if (run)
                {
                    fired = happened.Time;
                    created++;
                }
            }

            if (events.Count < Batch)
                return created;
        }
    }

    private string Judge(TriggerRegistration trigger, CompiledPipeline pipeline, MlOpsEvent happened, Timestamp? fired, out string? input, out string? error)
    {
        input = null;
        error = null;
        if (engine.Store.Now - happened.Time > trigger.MaxAge)
            return "passed over: older than MaxAge";
        if (fired is { } last && happened.Time - last < trigger.Debounce)
            return "passed over: within Debounce of the last one that fired";
        try
        {
            if (trigger.Where is not null && !trigger.Where(happened))
                return "passed over: Where said no";
            input = trigger.Input(pipeline, happened);
            return "fired";
        }
        catch (Exception thrown)
        {
            error = $"{thrown.GetType().Name}: {thrown.Message}";
            LogFailed(logger, trigger.Name, happened.Sequence, thrown);
            return "passed over: its code threw";
        }
    }

    private async ValueTask<(bool Moved, bool Run)> CommitAsync(
        TriggerRegistration trigger, CompiledPipeline pipeline, long cursor, MlOpsEvent happened, string? input, string? error, CancellationToken cancellationToken)
    {
        if (input is not null)
            await BlobReferences.RefreshAsync(context.Artifacts, input, cancellationToken).ConfigureAwait(false);
        return await engine.Store.Area.WriteAsync(async (session, _) =>
        {
            var moved = await session.ExecuteAsync(
                "UPDATE orchestration_triggers SET cursor = @next, fired_event_time = CASE WHEN @fires THEN @time ELSE fired_event_time END WHERE name = @name AND cursor = @cursor",
                ("next", happened.Sequence), ("fires", input is not null), ("time", happened.Time), ("name", trigger.Name), ("cursor", cursor)).ConfigureAwait(false) == 1;
            if (!moved)
                return (false, false);
            if (error is not null)
            {
                await context.Events.AppendAsync(session, "orchestration.trigger.failed", trigger.Name,
                    $$"""{"event":{{happened.Sequence}},"error":{{System.Text.Json.JsonSerializer.Serialize(error, OrchestrationJson.Default.String)}}}""").ConfigureAwait(false);
            }

            if (input is null)
                return (true, false);
            var (_, created) = await engine.CreateAsync(session, pipeline, input, new RunPipelineOptions
            {
                Key = TriggerKey.Of(trigger.Name, happened.Sequence),
                Reason = $"trigger '{trigger.Name}' on event {happened.Sequence} ({happened.Type} of {happened.Subject})",
            }).ConfigureAwait(false);
            return (true, created);
        }, cancellationToken).ConfigureAwait(false);
    }

    private ValueTask<(long Cursor, Timestamp? Fired)> PlaceAsync(string name, CancellationToken cancellationToken) =>
        engine.Store.Area.WriteAsync(async (session, _) =>
        {
            await session.ExecuteAsync("INSERT INTO orchestration_triggers (name, cursor) VALUES (@name, 0) ON CONFLICT DO NOTHING", ("name", name)).ConfigureAwait(false);
            var rows = await session.QueryAsync("SELECT cursor, fired_event_time FROM orchestration_triggers WHERE name = @name",
                row => (row.GetInt64(0), row.IsDBNull(1) ? (Timestamp?)null : row.GetTimestamp(1)), ("name", name)).ConfigureAwait(false);
            return rows[0];
        }, cancellationToken);

    private static TriggerRegistration[] Check(IEnumerable<TriggerRegistration> triggers, string environment)
    {
        var here = triggers.Where(trigger => trigger.ListensIn(environment)).ToArray();
        if (here.GroupBy(trigger => trigger.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new InvalidDefinitionException($"Trigger '{twice.Key}' is declared {twice.Count()} times for environment '{environment}': give each its own name.");
        return here;
    }

    [LoggerMessage(5020, LogLevel.Information, "Trigger {Trigger} saw event {Sequence} ({Type}): {Verdict}")]
    private static partial void LogSeen(ILogger logger, string trigger, long sequence, string type, string verdict);

    [LoggerMessage(5021, LogLevel.Error, "Trigger {Trigger} could not make a run from event {Sequence}")]
    private static partial void LogFailed(ILogger logger, string trigger, long sequence, Exception error);
}
