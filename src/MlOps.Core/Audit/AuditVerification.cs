namespace MlOps;

/// <summary>What a verification of an audit trail compares it with.</summary>
public sealed record AuditVerification
{
    /// <summary>Checkpoints that were kept outside, as signed notes. Only these show a trail that was cut off or written anew by somebody who can write the store.</summary>
    /// <value>Default: none.</value>
    public IReadOnlyList<AuditCheckpoint> Checkpoints { get; init; } = [];

    /// <summary>The keys that may sign checkpoints. With keys, the checkpoints in the store are checked as well, and one without a signature of them is a finding.</summary>
    /// <value>Default: none; <see cref="Checkpoints"/> are then believed as they are.</value>
    public IReadOnlyList<AuditPublicKey> Keys { get; init; } = [];
}
