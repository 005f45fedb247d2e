using System.Text.Json.Serialization;

namespace MlOps.Orchestration;

/// <summary>The state of a run or of a step. Stored by name.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PipelineStatus>))]
public enum PipelineStatus
{
    /// <summary>Not begun.</summary>
    Pending = 0,

    /// <summary>Going on.</summary>
    Running = 1,

    /// <summary>Ended well.</summary>
    Completed = 2,

    /// <summary>Ended with an error after the last attempt.</summary>
    Failed = 3,

    /// <summary>Not run, because of a condition or of what came before.</summary>
    Skipped = 4,

    /// <summary>Ended by request.</summary>
    Cancelled = 5,
}
