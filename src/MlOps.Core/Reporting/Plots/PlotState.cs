using System.Text.Json.Serialization;

namespace MlOps.Reporting;

/// <summary>How something went or goes; each state has its colour and its name in the legend.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PlotState>))]
public enum PlotState
{
    /// <summary>Not begun.</summary>
    Waiting,

    /// <summary>Under way.</summary>
    Running,

    /// <summary>Ended well.</summary>
    Succeeded,

    /// <summary>Taken from an earlier run.</summary>
    Cached,

    /// <summary>Left out by a condition.</summary>
    Skipped,

    /// <summary>Ended badly.</summary>
    Failed,
}
