using System.Text.Json.Serialization;

namespace MlOps.Registry;

/// <summary>
/// Where a version stands in its environment. A stage is not set: it follows from the environment, the aliases and deletion, so that it can
/// never contradict what serves.
/// </summary>
[JsonConverter(typeof(JsonStringEnumConverter<ModelStage>))]
public enum ModelStage
{
    /// <summary>Registered, and neither tried nor used so far.</summary>
    Registered = 0,

    /// <summary><see cref="ModelAliases.Challenger"/> points at it.</summary>
    Candidate = 1,

    /// <summary><see cref="ModelAliases.Champion"/> points at it.</summary>
    Champion = 2,

    /// <summary>It was candidate or champion, and is neither now.</summary>
    Retired = 3,

    /// <summary>It is deleted, and can be restored until it is purged.</summary>
    Deleted = 4,
}
