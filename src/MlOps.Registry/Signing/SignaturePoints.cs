namespace MlOps.Registry;

/// <summary>Where an environment asks for signatures.</summary>
[Flags]
public enum SignaturePoints
{
    /// <summary>Nowhere.</summary>
    None = 0,

    /// <summary>When a version is promoted into the environment.</summary>
    Promotion = 1,

    /// <summary>When a version is loaded into an endpoint or for batch scoring.</summary>
    Load = 2,

    /// <summary>At promotion and at load.</summary>
    All = Promotion | Load,
}
