namespace MlOps.Features;

/// <summary>As what a view reads a column.</summary>
internal enum SourceColumnKind
{
    /// <summary>A part of the entity's key; text, or a whole number.</summary>
    Key,

    /// <summary>A moment with a zone, never null.</summary>
    Time,

    /// <summary>A moment with a zone; null stands for the event time.</summary>
    OptionalTime,

    /// <summary>A number or a flag; may be null.</summary>
    Value,
}
