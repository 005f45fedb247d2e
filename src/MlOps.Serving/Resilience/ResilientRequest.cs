namespace MlOps.Serving;

/// <summary>A request that may be sent more than once: to several versions, or twice to one.</summary>
internal abstract class ResilientRequest(string? key, long deadline, bool isolated, CancellationToken caller)
{
    public string? Key => key;

    public long Deadline => deadline;

    /// <summary>Whether attempts run on pool threads and on memory of their own, so that they can be left behind.</summary>
    public bool IsIsolated => isolated;

    public bool IsCancelledByCaller => caller.IsCancellationRequested;

    public async ValueTask<AttemptAnswer> AskAsync(ServedVersion version, int[]? projection, CancellationToken cancellationToken)
    {
        if (!isolated)
            return await RunAsync(version, projection, cancellationToken).ConfigureAwait(false);

        // The caller that finds an engine idle runs the model itself, so a session that hangs would keep it: another thread takes that risk.
        var run = Task.Run(() => RunAsync(version, projection, cancellationToken).AsTask(), CancellationToken.None);
        return await run.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The answer of a default step; null where it has none for this kind of request.</summary>
    public abstract object? DefaultOf(Fallback step);

    /// <summary>Maps the request to a version that takes other features; null where its features are not among those sent.</summary>
    public abstract bool TryProject(ServedVersion from, ServedVersion to, out int[]? projection);

    protected abstract ValueTask<AttemptAnswer> RunAsync(ServedVersion version, int[]? projection, CancellationToken cancellationToken);
}
