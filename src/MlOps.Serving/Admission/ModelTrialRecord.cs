namespace MlOps.Serving;

/// <summary>A trial of a model file in a child process.</summary>
/// <param name="Digest">The file.</param>
/// <param name="Runtime">The version of ONNX Runtime that it was tried with.</param>
/// <param name="Limits">The memory and processor time that it was given.</param>
/// <param name="Passed">Whether it may be loaded. A refused file stays refused until <see cref="IModelTrials.ClearAsync"/>.</param>
/// <param name="Message">Why it is refused, or what to know; may be empty.</param>
/// <param name="PeakBytes">The most memory that the child held; 0 when it did not live to tell.</param>
/// <param name="Elapsed">How long the trial took.</param>
/// <param name="TriedAt">When.</param>
public sealed record ModelTrialRecord(
    string Digest, string Runtime, string Limits, bool Passed, string Message, long PeakBytes, TimeSpan Elapsed, DateTimeOffset TriedAt);
