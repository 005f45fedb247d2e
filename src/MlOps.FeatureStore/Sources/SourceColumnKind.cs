namespace MlOps.Features;

/// <summary>As what a view reads a column.</summary>
internal enum SourceColumnKind
{
    /// <summary>A part of the entity's key; text, or a whole number.</summary>
    Key,

    /// <summary>A moment with a zone, never null.</summary>
    Time,

    /// <summary>A moment with a zone; may be null.</summary>
    OptionalTime,

    /// <summary>A number or a flag; may be null.</summary>
    Value,

    /// <summary>A text; may be null.</summary>
    Text,

    /// <summary>A whole number; may be null.</summary>
    Integer,

    /// <summary>True or false; may be null.</summary>
    Flag,
}
