using System.Text.Json.Serialization;

namespace MlOps;

/// <summary>How one node went into another. Edges point from what came first to what was made of it.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LineageEdgeKind>))]
public enum LineageEdgeKind
{
    /// <summary>Data or a batch was ingested into a feature view.</summary>
    Ingested = 0,

    /// <summary>A feature view is part of a feature service.</summary>
    PartOf = 1,

    /// <summary>A feature service joined a training frame, or featurizes a version's requests.</summary>
    Featurized = 2,

    /// <summary>A run read data.</summary>
    Read = 3,

    /// <summary>A run stored data.</summary>
    Wrote = 4,

    /// <summary>A pipeline run or a parent run contains a run.</summary>
    Contains = 5,

    /// <summary>A version was made from data.</summary>
    Trained = 6,

    /// <summary>A run made a version.</summary>
    Made = 7,

    /// <summary>A version was copied from another environment.</summary>
    Copied = 8,

    /// <summary>A version stands, retrained here, for one of another environment.</summary>
    Retrained = 9,

    /// <summary>An alias points at a version.</summary>
    Named = 10,

    /// <summary>An endpoint serves a version now.</summary>
    Serves = 11,

    /// <summary>An endpoint served a version once.</summary>
    Served = 12,

    /// <summary>An endpoint mirrors its requests to a version now.</summary>
    Shadows = 13,

    /// <summary>A version made predictions.</summary>
    Answered = 14,
}
