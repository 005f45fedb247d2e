namespace MlOps.Serving;

/// <summary>What a row asks of its batch. The default asks nothing.</summary>
/// <param name="Deadline">A timestamp of the engine's clock, or 0.</param>
/// <param name="CancellationToken">Takes the row out unless its batch was formed already.</param>
internal readonly record struct RowTerms(long Deadline = 0, CancellationToken CancellationToken = default)
{
    /// <summary>Whether the row may have to be taken out before its batch runs.</summary>
    public bool Any => Deadline != 0 || CancellationToken.CanBeCanceled;
}
