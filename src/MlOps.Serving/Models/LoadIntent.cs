namespace MlOps.Serving;

/// <summary>On whose behalf a model is wanted.</summary>
internal enum LoadIntent
{
    /// <summary>A request by version: the model stays until it is unloaded; a recent failure is answered at once.</summary>
    Request,

    /// <summary>A person or a deployment, who wants it tried again whatever failed before; the model goes with the lease unless something keeps it.</summary>
    Explicit,

    /// <summary>An endpoint's request whose version was unloaded.</summary>
    Reload,
}
