namespace MlOps.Features;

/// <summary>What an operation of the store wants with a view or a service; decides what the caller must be allowed to see.</summary>
internal enum FeatureUse
{
    /// <summary>Names, counts, state. For a view: one of its features is visible. For a service: all of its features are.</summary>
    Metadata,

    /// <summary>Values: those of every feature of the view or service are shared with the caller.</summary>
    Values,

    /// <summary>Writing rows, which touches every column: every feature of the view is visible.</summary>
    Write,
}
