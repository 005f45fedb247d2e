namespace MlOps.Serving;

/// <summary>What a row asks of its batch. The default asks nothing.</summary>
/// <param name="Deadline">A timestamp of the engine's clock, or 0.</param>
/// <param name="CancellationToken">Takes the row out unless its batch was formed already.</param>
/// <param name="Priority">Which rows go first while too many wait.</param>
/// <param name="Caller">Who asks; while too many rows wait, callers take turns.</param>
internal readonly record struct RowTerms(
    long Deadline = 0, CancellationToken CancellationToken = default, RequestPriority Priority = RequestPriority.Normal, string? Caller = null)
{
    /// <summary>Whether the row may have to be taken out before its batch runs.</summary>
    public bool MayEnd => Deadline != 0 || CancellationToken.CanBeCanceled;

    /// <summary>Whether the row stands in line with all others.</summary>
    public bool IsPlain => Priority == RequestPriority.Normal && Caller is null;
}
