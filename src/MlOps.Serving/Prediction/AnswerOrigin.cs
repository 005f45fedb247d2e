namespace MlOps;

/// <summary>Where an answer came from and why not from the version that was asked first. Immutable; the usual ones are shared.</summary>
/// <param name="Source">What gave the answer.</param>
/// <param name="Reason">Why: <c>failed</c>, <c>timeout</c>, <c>circuit open</c>, <c>overloaded</c>, <c>deadline</c>, <c>unavailable</c>, <c>slow</c>, <c>missing features</c>, <c>stale features</c>; empty for the primary.</param>
public sealed record AnswerOrigin(AnswerSource Source, string Reason)
{
    /// <summary>The version that the traffic policy chose, without incident.</summary>
    public static AnswerOrigin Primary { get; } = new(AnswerSource.Primary, "");

    /// <summary>An answer kept from an earlier request.</summary>
    public static AnswerOrigin Cached { get; } = new(AnswerSource.Cached, "");

    /// <summary>Whether something else than the chosen version's own, fresh answer was given.</summary>
    public bool IsDegraded => Source is AnswerSource.Fallback or AnswerSource.Default;
}
