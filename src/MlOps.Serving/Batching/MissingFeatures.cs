namespace MlOps.Serving;

/// <summary>What an endpoint does with features that are NaN.</summary>
public enum MissingFeatures
{
    /// <summary>The request is refused as invalid input.</summary>
    Reject = 0,

    /// <summary>The model is given NaN, for models that know missing values.</summary>
    Pass = 1,
}
