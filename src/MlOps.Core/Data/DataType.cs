namespace MlOps;

/// <summary>The types that a column can hold. Stored in files by number: never renumber.</summary>
public enum DataType
{
    /// <summary><see cref="bool"/>.</summary>
    Boolean = 1,

    /// <summary><see cref="int"/>.</summary>
    Int32 = 2,

    /// <summary><see cref="long"/>.</summary>
    Int64 = 3,

    /// <summary><see cref="float"/>.</summary>
    Float32 = 4,

    /// <summary><see cref="double"/>.</summary>
    Float64 = 5,

    /// <summary><see cref="string"/>.</summary>
    String = 6,

    /// <summary><see cref="MlOps.Timestamp"/>, microseconds in UTC.</summary>
    Timestamp = 7,
}
