namespace MlOps;

/// <summary>Something that happened in an environment, durable and in order.</summary>
/// <param name="Sequence">Its place; increasing, gaps possible.</param>
/// <param name="Time">When it was recorded.</param>
/// <param name="Type">What happened: <c>area.thing.verb</c>, for instance <c>monitoring.drift.detected</c>.</param>
/// <param name="Subject">What it happened to, for instance an endpoint's or a model's name.</param>
/// <param name="Data">Details as JSON.</param>
public sealed record MlOpsEvent(long Sequence, Timestamp Time, string Type, string Subject, string Data);
