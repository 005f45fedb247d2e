namespace MlOps.Serving;

/// <summary>What a traffic policy is for.</summary>
public enum TrafficKind
{
    /// <summary>Several versions by fixed weights; one version alone is <see cref="Single"/>.</summary>
    Split = 0,

    /// <summary>All traffic to one version.</summary>
    Single = 1,

    /// <summary>A version on trial beside the stable one, perhaps growing step by step.</summary>
    Canary = 2,

    /// <summary>Variants whose shares follow the rewards reported for them.</summary>
    Bandit = 3,

    /// <summary>A challenger beside the champion, as a shadow or with a share, that is reported on.</summary>
    ChampionChallenger = 4,
}
