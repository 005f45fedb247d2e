namespace MlOps;

/// <summary>What gave an answer.</summary>
public enum AnswerSource
{
    /// <summary>The version that the traffic policy chose.</summary>
    Primary = 0,

    /// <summary>A step of the endpoint's fall-back chain: an older version or another endpoint's model.</summary>
    Fallback = 1,

    /// <summary>The default answer at the end of the fall-back chain; no model was asked with success.</summary>
    Default = 2,

    /// <summary>A second request that was sent because the first was slow or failed.</summary>
    Hedged = 3,

    /// <summary>An answer kept from an earlier request with the same input.</summary>
    Cached = 4,
}
