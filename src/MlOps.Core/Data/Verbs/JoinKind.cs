namespace MlOps;

/// <summary>What a join does with rows of the left frame that match nothing.</summary>
public enum JoinKind
{
    /// <summary>Leaves them out.</summary>
    Inner,

    /// <summary>Keeps them, with nulls on the right.</summary>
    Left,
}
