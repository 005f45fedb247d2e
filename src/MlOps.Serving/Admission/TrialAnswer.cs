namespace MlOps.Serving;

/// <summary>What a trial came to.</summary>
/// <param name="Passed">Whether the host may load the file.</param>
/// <param name="Message">Why not, or what to know.</param>
/// <param name="PeakBytes">The most memory that the child held; 0 when it did not live to tell.</param>
/// <param name="IsFinal">Whether the file is judged; false when the machine was too busy for a trial.</param>
internal sealed record TrialAnswer(bool Passed, string Message, long PeakBytes, bool IsFinal = true);
