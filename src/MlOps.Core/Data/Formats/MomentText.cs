namespace MlOps;

/// <summary>What a text is as a moment.</summary>
internal enum MomentText
{
    None,

    /// <summary>A date or time without a zone where none may be assumed.</summary>
    Zoneless,

    /// <summary>A local time that the assumed zone skips or has twice.</summary>
    Unclear,

    Moment,
}
