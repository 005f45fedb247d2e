namespace MlOps.Features;

public sealed partial class FeatureViewBuilder<TRow>
{
    /// <summary>Adds data checks: a batch that fails one is quarantined whole, and nothing of it is ingested or pushed.</summary>
    /// <param name="checks">What batches must hold, by the columns' names. It may change freely.</param>
    /// <returns>This builder.</returns>
    public FeatureViewBuilder<TRow> Check(DataChecks checks)
    {
        ArgumentNullException.ThrowIfNull(checks);
        _parts.Checks = _parts.Checks?.And(checks) ?? checks;
        return this;
    }
}
