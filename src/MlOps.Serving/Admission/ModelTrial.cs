namespace MlOps.Serving;

/// <summary>Whether models are tried in a child process before the host loads them.</summary>
public enum ModelTrial
{
    /// <summary>Never: the walk over the file decides alone. For hosts that load only models of their own making.</summary>
    Off = 0,

    /// <summary>Where a child process can be started. Where none can, a warning is logged, and the check of the version says so.</summary>
    WhenPossible = 1,

    /// <summary>Always: where no child process can be started, models whose bounds are not proven are refused.</summary>
    Required = 2,
}
