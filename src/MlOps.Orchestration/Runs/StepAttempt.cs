namespace MlOps.Orchestration;

/// <summary>One execution of a step.</summary>
/// <param name="Number">Its place, from 1; interrupted executions count.</param>
/// <param name="Host">The process that ran it.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="EndedAt">When it ended; null while it goes on and when its host died.</param>
/// <param name="Outcome">How it ended; null when it goes on or its host died.</param>
/// <param name="Error">The error of a failed one.</param>
public sealed record StepAttempt(int Number, string Host, Timestamp StartedAt, Timestamp? EndedAt, PipelineStatus? Outcome, string? Error);
