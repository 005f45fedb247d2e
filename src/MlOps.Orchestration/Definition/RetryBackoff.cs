using System.Text.Json.Serialization;

namespace MlOps.Orchestration;

/// <summary>How the wait between attempts grows.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RetryBackoff>))]
public enum RetryBackoff
{
    /// <summary>The same each time.</summary>
    Constant = 0,

    /// <summary>By the first wait each time.</summary>
    Linear = 1,

    /// <summary>Doubling, up to one hour, with a deterministic jitter of up to a quarter so that runs that failed together spread out.</summary>
    Exponential = 2,
}
