using System.Text.Json.Serialization;

namespace MlOps.Orchestration;

/// <summary>What a node of the graph does.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<StepKind>))]
public enum StepKind
{
    /// <summary>Runs code.</summary>
    Step = 0,

    /// <summary>Evaluates a condition; its stored answer decides which branch runs.</summary>
    Decision = 1,

    /// <summary>Takes the output of whichever branch ran.</summary>
    Join = 2,
}
