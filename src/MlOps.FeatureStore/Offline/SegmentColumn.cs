namespace MlOps.Features;

/// <summary>How a column of a segment is encoded.</summary>
internal enum SegmentColumn : byte
{
    /// <summary>Eight bytes a row as they are.</summary>
    Raw64,

    /// <summary>Four bytes a row as they are.</summary>
    Raw32,

    /// <summary>A base and the shortest unsigned difference.</summary>
    Narrow,

    /// <summary>As narrow, with <see cref="ViewPlan.Missing"/>.</summary>
    Units,

    /// <summary>As narrow, with a bitmap of nulls.</summary>
    Nullable,

    /// <summary>One byte a row: 0, 1, or 2 for null.</summary>
    Flag,

    /// <summary>Two bytes a row into the group's own dictionary of UTF-8 texts; 65535 for null.</summary>
    Text,
}
