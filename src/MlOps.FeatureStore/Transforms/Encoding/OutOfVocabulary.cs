namespace MlOps.Features;

/// <summary>What a one-hot encoding makes of a category that it does not know, and of a missing one. Stored by name.</summary>
public enum OutOfVocabulary
{
    /// <summary>A column of its own is 1.</summary>
    Bucket = 0,

    /// <summary>All columns are 0.</summary>
    Zeros = 1,

    /// <summary>The row is refused.</summary>
    Refuse = 2,
}
