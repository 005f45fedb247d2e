namespace MlOps.Features;

/// <summary>How a view is materialised.</summary>
public sealed record MaterializeOptions
{
    /// <summary>
    /// Builds the online state anew from the offline store and replaces what was pushed. The offline store must then hold everything
    /// that was pushed, and the moment must not lie before the newest push.
    /// </summary>
    /// <value>False by default: only what is new since the last time is added.</value>
    public bool Rebuild { get; init; }

    /// <summary>Is told how far it is, every thousand entities.</summary>
    /// <value>Null by default.</value>
    public IProgress<MaterializeProgress>? Progress { get; init; }
}
