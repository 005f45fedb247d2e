using MlOps.Orchestration;

namespace MlOps;

/// <summary>A promotion was refused, or rolled back. The message names the gate, what was measured, the bound, and how to see more.</summary>
public sealed class PromotionRejectedException : MlOpsException
{
    internal PromotionRejectedException(string subject, GateResult gate, PromotionRecord? promotion)
        : base(Describe(subject, gate, promotion))
    {
        Gate = gate.Gate;
        Measured = gate.Measured;
        Bound = gate.Bound;
        Promotion = promotion;
    }

    /// <summary>The gate that refused.</summary>
    public string Gate { get; }

    /// <summary>What was measured.</summary>
    public string Measured { get; }

    /// <summary>What was asked for.</summary>
    public string Bound { get; }

    /// <summary>The promotion with all evidence; null when it was refused before it began.</summary>
    public PromotionRecord? Promotion { get; }

    private static string Describe(string subject, GateResult gate, PromotionRecord? promotion)
    {
        var more = promotion is null ? "" : $" See environments[\"{promotion.Target}\"].Promotions.GetAsync(\"{promotion.Id}\") for all gates.";
        var others = promotion?.Gates.Count(other => !other.Passed && other.Gate != gate.Gate) ?? 0;
        return $"{subject} was not promoted: gate '{gate.Gate}' measured {gate.Measured}, and asks for {gate.Bound}.{(gate.Detail.Length > 0 ? " " + gate.Detail : "")}" +
            $"{(others > 0 ? $" {others} more gate{(others == 1 ? "" : "s")} refused." : "")}{more}";
    }
}
