using System.Text.Json.Serialization;

namespace MlOps;

/// <summary>What an expectation is about.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DataCheckKind>))]
public enum DataCheckKind
{
    /// <summary>The column is there.</summary>
    Present,

    /// <summary>The column's type.</summary>
    Type,

    /// <summary>Values are there.</summary>
    NotNull,

    /// <summary>Numbers or moments within bounds.</summary>
    Range,

    /// <summary>Values of a set.</summary>
    Set,

    /// <summary>Texts that match a pattern.</summary>
    Pattern,

    /// <summary>The length of texts.</summary>
    Length,

    /// <summary>No row twice.</summary>
    Unique,

    /// <summary>Rows in order.</summary>
    Increasing,

    /// <summary>The spread of the values.</summary>
    Distribution,

    /// <summary>The number of rows.</summary>
    RowCount,

    /// <summary>No column besides those known.</summary>
    Columns,
}
