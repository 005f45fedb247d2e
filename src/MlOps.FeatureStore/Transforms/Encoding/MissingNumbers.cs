namespace MlOps.Features;

/// <summary>What a tensor holds where a number is missing.</summary>
public enum MissingNumbers
{
    /// <summary>NaN.</summary>
    Keep = 0,

    /// <summary>Nothing may be missing: the first missing number is an error.</summary>
    Refuse = 1,

    /// <summary>0.</summary>
    Zero = 2,
}
