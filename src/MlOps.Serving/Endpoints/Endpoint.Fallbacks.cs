using Microsoft.Extensions.Logging;

namespace MlOps.Serving;

/// <summary>Keeps the versions of the fall-back chain loaded beside those that serve.</summary>
internal sealed partial class Endpoint
{
    private async ValueTask<PreparedFallbacks> FallbacksAsync(CancellationToken cancellationToken)
    {
        var prepared = _resilience!.Prepared;
        if (prepared is not null && (Volatile.Read(ref _state) is not { } state || prepared.Revision == state.Row.Revision))
            return prepared;
        await PrepareFallbacksAsync(cancellationToken).ConfigureAwait(false);
        return _resilience.Prepared ?? new PreparedFallbacks(-1, []);
    }

    // A step that cannot be loaded is left out, logged, and tried again at the next revision: it must not take the endpoint down with it.
    private async Task PrepareFallbacksAsync(CancellationToken cancellationToken)
    {
        if (_resilience is not { } resilience || resilience.Options.Fallbacks.Count == 0)
            return;
        await resilience.Preparing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var state = Volatile.Read(ref _state);
            var revision = state?.Row.Revision ?? 0;
            if (resilience.Prepared?.Revision == revision || _closed)
                return;
            var steps = new List<PreparedFallback>();
            foreach (var step in resilience.Options.Fallbacks)
            {
                try
                {
                    if (await PrepareAsync(step, state, revision, cancellationToken).ConfigureAwait(false) is { } ready)
                        steps.Add(ready);
                }
                catch (Exception error) when (error is not OperationCanceledException)
                {
                    LogFallbackUnavailable(_logger, Name, step.Version?.ToString() ?? step.Endpoint ?? "the previous version", error);
                }
            }

            resilience.Prepared = new PreparedFallbacks(revision, [.. steps]);
            resilience.KeepCircuits([.. state?.Versions.Select(version => version.Version) ?? [], .. steps.Where(step => step.Version is not null).Select(step => step.Version!.Version), .. resilience.Own.Keys]);
            foreach (var (version, lease) in resilience.Own.ToArray())
            {
                if (steps.All(step => step.Version != lease.Served))
                {
                    resilience.Own.Remove(version);
                    lease.Dispose();
                }
            }
        }
        finally
        {
            resilience.Preparing.Release();
        }
    }

    private async ValueTask<PreparedFallback?> PrepareAsync(Fallback step, EndpointState? state, long revision, CancellationToken cancellationToken)
    {
        if (step.IsDefault)
            return new PreparedFallback(step, null, null);
        if (step.Endpoint is { } peer)
        {
            var other = (Peers ?? throw new InvalidDefinitionException("Endpoints cannot be reached from here."))(peer);
            var loaded = await other.StateAsync(cancellationToken).ConfigureAwait(false);
            Check(state, loaded.Versions);
            return new PreparedFallback(step, null, other);
        }

        var version = step.Version ?? await traffic.PreviousAsync(Name, revision, cancellationToken).ConfigureAwait(false);
        if (version is not { } wanted)
            return null;
        var own = _resilience!.Own;
        var served = own.TryGetValue(wanted, out var lease) ? lease.Served : state?.Versions.FirstOrDefault(candidate => candidate.Version == wanted);
        if (served is null)
        {
            // The lease keeps it in memory, whatever else is short of it: it is there for when things go wrong.
            lease = await LeaseAsync(wanted, LoadIntent.Explicit, cancellationToken).ConfigureAwait(false);
            own.Add(wanted, lease);
            served = lease.Served;
            LogLoaded(_logger, Name, served.VersionText, lease.Model.Bytes);
        }

        Check(state, [served]);
        return new PreparedFallback(step, served, null);
    }

    private void Check(EndpointState? state, ServedVersion[] fallbacks)
    {
        if (state is null)
            return;
        foreach (var fallback in fallbacks)
        {
            if (state.Versions[0].Engine.OutputWidth != fallback.Engine.OutputWidth)
                throw new InvalidDefinitionException(
                    $"{fallback.Version} gives {fallback.Engine.OutputWidth} scores and {state.Versions[0].Version} gives {state.Versions[0].Engine.OutputWidth}: endpoint '{Name}' cannot fall back to it.");
        }
    }

    private async ValueTask CloseFallbacksAsync()
    {
        try
        {
            await TendAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            LogLastTending(_logger, Name, error);
        }

        if (_resilience is not { } resilience)
            return;
        await resilience.Preparing.WaitAsync().ConfigureAwait(false);
        try
        {
            _closed = true;
            foreach (var lease in resilience.Own.Values)
                lease.Dispose();
            resilience.Own.Clear();
            resilience.Prepared = null;
        }
        finally
        {
            resilience.Preparing.Release();
        }
    }

    private bool _closed;

    [LoggerMessage(4187, LogLevel.Warning, "The last counts of endpoint '{Endpoint}' could not be written")]
    private static partial void LogLastTending(ILogger logger, string endpoint, Exception exception);

    [LoggerMessage(4180, LogLevel.Warning, "The circuit of {Version} at endpoint '{Endpoint}' is now {State}")]
    private static partial void LogCircuit(ILogger logger, string endpoint, ModelVersionRef version, CircuitState state);

    [LoggerMessage(4181, LogLevel.Warning, "Endpoint '{Endpoint}' cannot fall back to {Step}")]
    private static partial void LogFallbackUnavailable(ILogger logger, string endpoint, string step, Exception exception);
}
