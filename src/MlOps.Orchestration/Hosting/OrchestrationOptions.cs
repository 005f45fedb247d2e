using System.Text.Json.Serialization.Metadata;

namespace MlOps.Orchestration;

/// <summary>How pipelines run in this host.</summary>
public sealed class OrchestrationOptions
{
    /// <summary>How long a host holds a run without a sign of life before others may take it. Prolonged three times as often.</summary>
    /// <value>Default: 30 s. 1 s to 1 day. A host killed and started again on the same machine does not wait for it.</value>
    public TimeSpan LeaseDuration { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How often the worker looks for events, for runs of dead hosts and for promotions that were approved elsewhere.</summary>
    /// <value>Default: 1 s. At least 10 ms.</value>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How many steps run at once in one environment of this host.</summary>
    /// <value>Default: the number of processors. At least 1.</value>
    public int MaxParallelSteps { get; set; } = Environment.ProcessorCount;

    /// <summary>How often a step may be cut off by the death of its host before it is given up as failed.</summary>
    /// <value>Default: 25.</value>
    public int MaxInterruptions { get; set; } = 25;

    /// <summary>Whether each run gets a run of the tracking store.</summary>
    /// <value>Default: true; without a registry in the host there is none.</value>
    public bool TrackRuns { get; set; } = true;

    /// <summary>How long inputs and step outputs of a run that has ended keep the blobs that they name; afterwards collection may remove them, and steps that a cache would answer run again.</summary>
    /// <value>Default: null, for ever. At least 1 day.</value>
    public TimeSpan? KeepOutputs { get; set; }

    /// <summary>Source-generated JSON contexts for the types that pass between steps. Needed in trimmed and AOT-compiled hosts; elsewhere reflection fills the gaps.</summary>
    public IList<IJsonTypeInfoResolver> JsonResolvers { get; } = [];

    internal void Validate()
    {
        var mistakes = new List<string>();
        if (LeaseDuration < TimeSpan.FromSeconds(1) || LeaseDuration > TimeSpan.FromDays(1))
            mistakes.Add($"LeaseDuration is {LeaseDuration}: use one second to one day.");
        if (PollInterval < TimeSpan.FromMilliseconds(10))
            mistakes.Add($"PollInterval is {PollInterval}: use at least ten milliseconds.");
        if (MaxParallelSteps < 1)
            mistakes.Add($"MaxParallelSteps is {MaxParallelSteps}: use at least 1.");
        if (MaxInterruptions < 0)
            mistakes.Add($"MaxInterruptions is {MaxInterruptions}: use at least 0.");
        if (KeepOutputs < TimeSpan.FromDays(1))
            mistakes.Add($"KeepOutputs is {KeepOutputs}: use at least one day, or null to keep them for ever.");
        if (mistakes.Count > 0)
            throw new InvalidDefinitionException($"{nameof(OrchestrationOptions)}: {string.Join(" ", mistakes)}");
    }
}
