namespace MlOps.Serving;

/// <summary>Where a looked-up prediction came from.</summary>
public enum PredictionSource
{
    /// <summary>The store of the newest complete run.</summary>
    Stored = 0,

    /// <summary>A prediction made now, since none was stored or it was too old.</summary>
    Live = 1,

    /// <summary>The default answer.</summary>
    Default = 2,

    /// <summary>The stored prediction of the popular key.</summary>
    Popular = 3,
}
