using System.Text.Json.Serialization;

namespace MlOps.Registry;

/// <summary>The state of a run. Stored by name.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RunStatus>))]
public enum RunStatus
{
    /// <summary>Going on; its heartbeat is fresh.</summary>
    Running = 0,

    /// <summary>Ended well.</summary>
    Completed = 1,

    /// <summary>Ended with an error.</summary>
    Failed = 2,

    /// <summary>Its process died: the heartbeat stopped.</summary>
    Lost = 3,

    /// <summary>Ended by request.</summary>
    Cancelled = 4,
}
