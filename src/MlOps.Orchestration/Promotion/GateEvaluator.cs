using System.Globalization;
using MlOps.Registry;

namespace MlOps.Orchestration;

/// <summary>Judges a version by an environment's policy. Pure: it reads only what it is given.</summary>
internal static class GateEvaluator
{
    private static readonly string[] MeasuredByDeployment = ["latency_p50_ms", "latency_p99_ms", "load_ms", "size_bytes"];

    public static bool NeedsDeployment(EnvironmentPolicy policy) => policy.Gates.Keys.Any(IsMeasured);

    /// <summary>The gates that go by what the version was registered with.</summary>
    public static IEnumerable<GateResult> Judge(EnvironmentPolicy policy, ModelVersion version, ModelVersion? champion)
    {
        if (policy.RequiredArtifactKinds.Count > 0)
        {
            var missing = policy.RequiredArtifactKinds.Except(version.Artifacts.Select(artifact => artifact.Kind)).ToArray();
            yield return new GateResult("artifacts", missing.Length == 0,
                missing.Length == 0 ? "all present" : $"missing {string.Join(", ", missing)}", string.Join(", ", policy.RequiredArtifactKinds),
                missing.Length == 0 ? "" : $"Add {CompletenessReport.HowToAdd(missing)}, and register again.");
        }

        if (policy.RequireCompatibleSignature && champion is not null)
        {
            var check = SignatureCompatibility.Check(champion.Signature, version.Signature);
            yield return new GateResult("signature", check.IsCompatible,
                check.IsCompatible ? Listed(check.Harmless) ?? "as the champion's" : Listed(check.Breaking)!, $"as champion {champion.Ref}",
                check.IsCompatible ? "" : "Clients of the champion would break. Register it as another model, or set RequireCompatibleSignature to false.");
        }

        foreach (var (metric, bounds) in policy.Gates.Where(gate => !IsMeasured(gate.Key)).OrderBy(gate => gate.Key, StringComparer.Ordinal))
        {
            var found = Find(version.Metrics, metric);
            foreach (var result in Judge(metric, bounds, found, champion is null ? null : Find(champion.Metrics, metric), champion?.Ref, version.Metrics.Keys))
                yield return result;
        }
    }

    /// <summary>The gates that go by a trial load in the environment promoted to.</summary>
    public static IEnumerable<GateResult> Judge(EnvironmentPolicy policy, DeploymentCheck check)
    {
        yield return new GateResult("trial-load", check.Passed, check.Passed ? "loaded and answered" : check.Message, "loads and answers its input example");
        foreach (var (metric, bounds) in policy.Gates.Where(gate => IsMeasured(gate.Key)).OrderBy(gate => gate.Key, StringComparer.Ordinal))
        {
            double value = metric.ToLowerInvariant() switch
            {
                "latency_p50_ms" => check.LatencyP50.TotalMilliseconds,
                "latency_p99_ms" => check.LatencyP99.TotalMilliseconds,
                "load_ms" => check.LoadTime.TotalMilliseconds,
                _ => check.MemoryBytes,
            };
            foreach (var result in Judge(metric, bounds with { BetterThanChampionBy = null }, value, null, null, []))
                yield return result;
        }
    }

    private static string? Listed(IReadOnlyList<SignatureChange> changes) => changes.Count == 0
        ? null
        : string.Join("; ", changes.Take(3)) + (changes.Count > 3 ? $"; and {changes.Count - 3} more" : "");

    private static IEnumerable<GateResult> Judge(string metric, MetricBounds bounds, double? found, double? champion, ModelVersionRef? championRef, IEnumerable<string> known)
    {
        var measured = found is { } value ? Text(value) : "nothing";
        var hint = found is null ? $"The version has no metric '{metric}'. {NearestNames.Describe(metric, known)}" : "";

        // Written so that NaN and an absent metric fail.
        if (bounds.Min is { } min)
            yield return new GateResult(metric, found >= min, measured, $"at least {Text(min)}", hint);
        if (bounds.Max is { } max)
            yield return new GateResult(metric, found <= max, measured, $"at most {Text(max)}", hint);
        if (bounds.BetterThanChampionBy is not { } margin)
            yield break;
        var higher = bounds.HigherIsBetter ?? (bounds.Max is null || bounds.Min is not null);
        if (championRef is null)
            yield return new GateResult(metric + ":champion", found is not null && !double.IsNaN(found.Value), measured, "measured; there is no champion yet", hint);
        else
        {
            var difference = higher ? found - champion : champion - found;
            yield return new GateResult(metric + ":champion", difference >= margin, measured,
                $"{(higher ? "at least" : "at most")} {(champion is { } theirs ? Text(higher ? theirs + margin : theirs - margin) : "a metric that the champion lacks")}",
                $"{hint}Champion {championRef} has {(champion is { } value2 ? Text(value2) : "no such metric")}; the margin is {Text(margin)}.");
        }
    }

    private static double? Find(IReadOnlyDictionary<string, double> metrics, string name)
    {
        if (metrics.TryGetValue(name, out var value))
            return value;
        foreach (var (key, other) in metrics)
        {
            // Configuration keys lose their case.
            if (string.Equals(key, name, StringComparison.OrdinalIgnoreCase))
                return other;
        }

        return null;
    }

    private static bool IsMeasured(string metric) => MeasuredByDeployment.Contains(metric, StringComparer.OrdinalIgnoreCase);

    private static string Text(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);
}
