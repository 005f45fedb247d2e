namespace MlOps.Registry.Tests;

/// <summary>Mistakes that the checker must find.</summary>
public enum PlantedBug
{
    None,

    /// <summary>A collection asks no other engine.</summary>
    RootsIgnored,

    /// <summary>A collection takes young blobs, too.</summary>
    AgeIgnored,

    /// <summary>Whoever refers to an old blob looks whether it is there, but does not make it young.</summary>
    NoRefresh,

    /// <summary>What was moved aside is deleted, also when it has become young.</summary>
    AsideIsOld,

    /// <summary>A collection does not see what runs refer to.</summary>
    RunsIgnored,
}
