namespace MlOps.Features;

/// <summary>How sensitive a feature's values are. It describes; who may read them says <see cref="FeatureShare"/>.</summary>
public enum FeatureSensitivity
{
    /// <summary>Could be published.</summary>
    Public = 0,

    /// <summary>For the organisation.</summary>
    Internal = 1,

    /// <summary>For those who need it.</summary>
    Confidential = 2,

    /// <summary>About a person. The catalogue counts such values, but keeps none of them and no quantile.</summary>
    Personal = 3,
}
