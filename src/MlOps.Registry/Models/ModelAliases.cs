namespace MlOps.Registry;

/// <summary>Aliases that other packages use.</summary>
public static class ModelAliases
{
    /// <summary>The version that is the best known and serves by default.</summary>
    public const string Champion = "champion";

    /// <summary>The version that is tried beside the champion.</summary>
    public const string Challenger = "challenger";
}
