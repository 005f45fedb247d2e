using System.Collections.Frozen;

namespace MlOps.Serving;

/// <summary>The reasons of <see cref="AnswerOrigin"/>, and the origins made of them once.</summary>
internal static class AnswerReasons
{
    public const string Failed = "failed";
    public const string Timeout = "timeout";
    public const string CircuitOpen = "circuit open";
    public const string Overloaded = "overloaded";
    public const string Deadline = "deadline";
    public const string Unavailable = "unavailable";
    public const string Slow = "slow";
    public const string Invalid = "invalid";
    public const string MissingFeatures = "missing features";
    public const string StaleFeatures = "stale features";

    private static readonly FrozenDictionary<(AnswerSource, string), AnswerOrigin> Known =
        (from source in Enum.GetValues<AnswerSource>()
         from reason in new[] { Failed, Timeout, CircuitOpen, Overloaded, Deadline, Unavailable, Slow, Invalid, MissingFeatures, StaleFeatures }
         select new AnswerOrigin(source, reason)).ToFrozenDictionary(origin => (origin.Source, origin.Reason));

    public static AnswerOrigin Of(AnswerSource source, string reason) => Known.TryGetValue((source, reason), out var origin) ? origin : new AnswerOrigin(source, reason);

    public static string Of(PredictionStatus status) => status switch
    {
        PredictionStatus.Overloaded => Overloaded,
        PredictionStatus.DeadlineExceeded => Deadline,
        PredictionStatus.InvalidInput => Invalid,
        PredictionStatus.Retired => Unavailable,
        _ => Failed,
    };
}
