using System.Text.Json.Serialization;

namespace MlOps.Orchestration;

/// <summary>How far a promotion is. Stored by name.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PromotionState>))]
public enum PromotionState
{
    /// <summary>Asked for.</summary>
    Requested = 0,

    /// <summary>Every gate that can be judged before the transfer passed.</summary>
    GatesPassed = 1,

    /// <summary>Waits for people.</summary>
    AwaitingApproval = 2,

    /// <summary>Enough people approved, or none need to.</summary>
    Approved = 3,

    /// <summary>The blobs are in the target.</summary>
    Copied = 4,

    /// <summary>The target made its own version.</summary>
    Retrained = 5,

    /// <summary>The version is in the target's registry, without alias or traffic.</summary>
    Registered = 6,

    /// <summary>The version loaded in the target and passed the gates that are measured there.</summary>
    Verified = 7,

    /// <summary>Traffic is about to move.</summary>
    Deploying = 8,

    /// <summary>Traffic has moved; the alias follows.</summary>
    Deployed = 9,

    /// <summary>Done.</summary>
    Completed = 10,

    /// <summary>A gate or a person refused; neither alias nor traffic has moved.</summary>
    Refused = 11,

    /// <summary>Traffic and alias are about to go back.</summary>
    RollingBack = 12,

    /// <summary>Traffic and alias are as they were before.</summary>
    RolledBack = 13,
}
