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
                missing.Length == 0 ? "all present" : $"missing {string.Join(", ", missing)}", string.Join(", ", policy.RequiredArtifactKinds));
        }

        if (policy.RequireCompatibleSignature && champion is not null)
        {
            var difference = Difference(version.Signature, champion.Signature);
            yield return new GateResult("signature", difference is null, difference ?? "as the champion's", $"as champion {champion.Ref}",
                difference is null ? "" : "Clients of the champion would break. Register it as another model, or set RequireCompatibleSignature to false.");
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

    /// <summary>What a signature takes or gives differently, or null when clients of the other can use it.</summary>
    public static string? Difference(ModelSignature signature, ModelSignature champion)
    {
        foreach (var (mine, theirs, role) in new[] { (signature.Inputs, champion.Inputs, "input"), (signature.Outputs, champion.Outputs, "output") })
        {
            foreach (var wanted in theirs)
            {
                var tensor = mine.FirstOrDefault(candidate => candidate.Name == wanted.Name);
                if (tensor is null)
                    return $"no {role} '{wanted.Name}'";
                if (!string.Equals(tensor.ElementType, wanted.ElementType, StringComparison.Ordinal))
                    return $"{role} '{wanted.Name}' of {tensor.ElementType} instead of {wanted.ElementType}";
                if (tensor.Shape.Count != wanted.Shape.Count || tensor.Shape.Zip(wanted.Shape).Any(pair => IsNumber(pair.First) != IsNumber(pair.Second) || (IsNumber(pair.First) && pair.First != pair.Second)))
                    return $"{role} '{wanted.Name}' of shape [{string.Join(",", tensor.Shape)}] instead of [{string.Join(",", wanted.Shape)}]";
            }
        }

        if (signature.Inputs.FirstOrDefault(input => champion.Inputs.All(known => known.Name != input.Name)) is { } more)
            return $"a further input '{more.Name}'";
        if (signature.Features.Count > 0 && champion.Features.Count > 0 && !signature.Features.SequenceEqual(champion.Features))
        {
            var at = signature.Features.Zip(champion.Features).TakeWhile(pair => pair.First == pair.Second).Count();
            return $"feature {at + 1} '{signature.Features.ElementAtOrDefault(at)}' instead of '{champion.Features.ElementAtOrDefault(at)}'";
        }

        return null;
    }

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

    private static bool IsNumber(string dimension) => long.TryParse(dimension, NumberStyles.Integer, CultureInfo.InvariantCulture, out _);

    private static string Text(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);
}
