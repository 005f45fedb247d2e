namespace MlOps.Orchestration;

/// <summary>A gate of one's own. Register it keyed by the environment promoted to. It only reads, and may be asked again after a crash.</summary>
public interface IPromotionGate
{
    /// <summary>The gate's name.</summary>
    string Name { get; }

    /// <summary>Judges a version.</summary>
    /// <param name="context">What it may look at.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What it found.</returns>
    ValueTask<GateResult> EvaluateAsync(PromotionGateContext context, CancellationToken cancellationToken = default);
}
