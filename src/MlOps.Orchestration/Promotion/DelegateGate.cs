namespace MlOps.Orchestration;

internal sealed class DelegateGate(string name, Func<PromotionGateContext, CancellationToken, ValueTask<GateResult>> evaluate) : IPromotionGate
{
    public string Name => name;

    public ValueTask<GateResult> EvaluateAsync(PromotionGateContext context, CancellationToken cancellationToken = default) => evaluate(context, cancellationToken);
}
