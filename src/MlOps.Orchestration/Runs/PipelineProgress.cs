namespace MlOps.Orchestration;

/// <summary>Something that just happened to a run of this process.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Pipeline">The pipeline's name.</param>
/// <param name="Step">The step, or null for the run as a whole.</param>
/// <param name="Status">The state, already durable when it is told.</param>
/// <param name="Fraction">0 to 1: how far the step is, or the share of settled steps for the run.</param>
/// <param name="Message">What the step says, or why it is in that state.</param>
/// <param name="Time">When.</param>
public sealed record PipelineProgress(string RunId, string Pipeline, string? Step, PipelineStatus Status, double Fraction, string Message, Timestamp Time);
