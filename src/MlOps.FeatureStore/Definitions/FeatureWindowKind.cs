namespace MlOps.Features;

/// <summary>How a window lies in time.</summary>
public enum FeatureWindowKind
{
    /// <summary>It ends at the moment asked about; its tail is rounded down to the hop.</summary>
    Sliding = 0,

    /// <summary>Windows of one length side by side, aligned to the Unix epoch in UTC: the last one that was over at the moment asked about.</summary>
    Tumbling = 1,

    /// <summary>Everything up to the moment asked about.</summary>
    Lifetime = 2,
}
