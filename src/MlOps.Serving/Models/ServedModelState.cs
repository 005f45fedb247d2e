namespace MlOps.Serving;

/// <summary>Where a model version stands in this process.</summary>
public enum ServedModelState
{
    /// <summary>Not in memory; a request loads it.</summary>
    Unloaded = 0,

    /// <summary>Being loaded and warmed up.</summary>
    Loading = 1,

    /// <summary>Warm: requests are answered.</summary>
    Ready = 2,

    /// <summary>The last attempt to load it failed.</summary>
    Failed = 3,
}
