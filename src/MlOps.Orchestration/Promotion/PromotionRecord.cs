namespace MlOps.Orchestration;

/// <summary>A promotion as stored in the environment promoted to.</summary>
public sealed record PromotionRecord
{
    /// <summary>The promotion's identity.</summary>
    public required string Id { get; init; }

    /// <summary>Its idempotency key, or null.</summary>
    public string? Key { get; init; }

    /// <summary>The environment promoted from.</summary>
    public required string Source { get; init; }

    /// <summary>The environment promoted to.</summary>
    public required string Target { get; init; }

    /// <summary>The version promoted, in the source.</summary>
    public required ModelVersionRef Version { get; init; }

    /// <summary>The digest of that version's manifest; the promotion is bound to it.</summary>
    public required string ManifestDigest { get; init; }

    /// <summary>How it goes.</summary>
    public required PromotionOptions Options { get; init; }

    /// <summary>How far it is.</summary>
    public required PromotionState State { get; init; }

    /// <summary>What happened last.</summary>
    public required string Detail { get; init; }

    /// <summary>Who asked.</summary>
    public required string RequestedBy { get; init; }

    /// <summary>When it was asked for.</summary>
    public required Timestamp RequestedAt { get; init; }

    /// <summary>When it ended, or null.</summary>
    public Timestamp? EndedAt { get; init; }

    /// <summary>The version in the target, once registered.</summary>
    public ModelVersionRef? Result { get; init; }

    /// <summary>The target's run of a retraining.</summary>
    public string? RetrainRunId { get; init; }

    /// <summary>What the gates found, in order.</summary>
    public required IReadOnlyList<GateResult> Gates { get; init; }

    /// <summary>Who approved.</summary>
    public required IReadOnlyList<PromotionApproval> Approvals { get; init; }

    /// <summary>Every step so far.</summary>
    public required IReadOnlyList<PromotionTransition> Transitions { get; init; }

    /// <summary>Whether it has ended.</summary>
    public bool HasEnded => EndedAt is not null;
}
