namespace MlOps;

/// <summary>What a verification of an audit trail found.</summary>
/// <param name="Records">The records that were read.</param>
/// <param name="Root">The root over them.</param>
/// <param name="Checkpoints">The trusted checkpoints that the trail was compared with.</param>
/// <param name="Findings">What is wrong, by place; empty when nothing is.</param>
public sealed record AuditReport(long Records, ReadOnlyMemory<byte> Root, int Checkpoints, IReadOnlyList<AuditFinding> Findings)
{
    /// <summary>Whether nothing is wrong.</summary>
    public bool IsIntact => Findings.Count == 0;
}
