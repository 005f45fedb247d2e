namespace MlOps.Orchestration;

/// <summary>A trigger without its input type.</summary>
internal sealed record TriggerRegistration(
    string Name, Type Pipeline, string EventType, TimeSpan Debounce, TimeSpan MaxAge, IReadOnlyList<string> Environments,
    Func<MlOpsEvent, bool>? Where, Func<CompiledPipeline, MlOpsEvent, string> Input)
{
    public bool ListensIn(string environment) => Environments.Count == 0 || Environments.Contains(environment, StringComparer.OrdinalIgnoreCase);

    public static TriggerRegistration From<TPipeline, TInput>(EventTrigger<TInput> trigger)
    {
        ArgumentNullException.ThrowIfNull(trigger);
        var mistakes = new List<string>();
        if (trigger.Name is not { Length: > 0 and <= 100 } || !trigger.Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'))
            mistakes.Add($"Name '{trigger.Name}' is not allowed: use 1 to 100 letters, digits, '.', '_' or '-'.");
        if (string.IsNullOrWhiteSpace(trigger.EventType))
            mistakes.Add("EventType is empty: name the events, for instance 'monitoring.drift.detected'.");
        else if (trigger.EventType.StartsWith("orchestration.trigger", StringComparison.Ordinal))
            mistakes.Add($"EventType is '{trigger.EventType}': a trigger must not listen to triggers.");
        if (trigger.Input is null)
            mistakes.Add("Input is null: say how the run's parameters are made from the event.");
        if (trigger.Debounce < TimeSpan.Zero)
            mistakes.Add($"Debounce is {trigger.Debounce}: use zero or more.");
        if (trigger.MaxAge <= TimeSpan.Zero)
            mistakes.Add($"MaxAge is {trigger.MaxAge}: use more than zero.");
        if (mistakes.Count > 0)
            throw new InvalidDefinitionException($"Trigger for {typeof(TPipeline).Name}: {string.Join(" ", mistakes)}");
        return new TriggerRegistration(trigger.Name, typeof(TPipeline), trigger.EventType, trigger.Debounce, trigger.MaxAge, trigger.Environments,
            trigger.Where, (pipeline, happened) => pipeline.Json.Write(trigger.Input!(happened)));
    }
}
