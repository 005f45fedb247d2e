namespace MlOps.Registry;

/// <summary>What differs between two versions of a model, or of two models.</summary>
public sealed record ModelComparison
{
    /// <summary>The version compared with.</summary>
    public required ModelVersionRef Baseline { get; init; }

    /// <summary>The version compared.</summary>
    public required ModelVersionRef Candidate { get; init; }

    /// <summary>All metrics of either version, by name; null where one lacks it.</summary>
    public required IReadOnlyList<ValueDifference<double?>> Metrics { get; init; }

    /// <summary>The tags that differ; null where one lacks it.</summary>
    public required IReadOnlyList<ValueDifference<string?>> Tags { get; init; }

    /// <summary>The hyper-parameters that differ; null where one lacks it. Empty when the comparison did not read artifacts.</summary>
    public IReadOnlyList<ValueDifference<string?>> HyperParameters { get; init; } = [];

    /// <summary>The artifacts that differ by digest, as <c>Kind/name</c>; null where one lacks it.</summary>
    public required IReadOnlyList<ValueDifference<string?>> Artifacts { get; init; }

    /// <summary>What would break a caller of the baseline, in words; empty when the candidate can stand in for it.</summary>
    public required IReadOnlyList<string> SignatureDifferences { get; init; }

    /// <summary>Whether a caller of the baseline can call the candidate.</summary>
    public bool IsSignatureCompatible => SignatureDifferences.Count == 0;

    /// <summary>Compares two versions.</summary>
    /// <param name="baseline">The version compared with, for instance the champion.</param>
    /// <param name="candidate">The version compared.</param>
    /// <returns>The differences.</returns>
    public static ModelComparison Between(ModelVersion baseline, ModelVersion candidate)
    {
        ArgumentNullException.ThrowIfNull(baseline);
        ArgumentNullException.ThrowIfNull(candidate);
        var signature = SignatureCheck.Differences(baseline.Signature, candidate.Signature).ToList();
        if (!baseline.Signature.Features.SequenceEqual(candidate.Signature.Features, StringComparer.Ordinal))
            signature.Add("the features or their order differ");
        return new ModelComparison
        {
            Baseline = baseline.Ref,
            Candidate = candidate.Ref,
            Metrics = Pair(baseline.Metrics, candidate.Metrics, static value => (double?)value, onlyDifferent: false),
            Tags = Pair(baseline.Tags, candidate.Tags, static string? (value) => value, onlyDifferent: true),
            Artifacts = Pair(Digests(baseline), Digests(candidate), static string? (value) => value, onlyDifferent: true),
            SignatureDifferences = signature,
        };
    }

    /// <summary>Compares two versions of one environment, their hyper-parameters included.</summary>
    /// <param name="baseline">The version compared with.</param>
    /// <param name="candidate">The version compared.</param>
    /// <param name="artifacts">The environment's artifact store.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The differences.</returns>
    public static async ValueTask<ModelComparison> ReadAsync(
        ModelVersion baseline, ModelVersion candidate, IArtifactStore artifacts, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(artifacts);
        var comparison = Between(baseline, candidate);
        return comparison with
        {
            HyperParameters = Pair(
                await HyperParametersAsync(baseline, artifacts, cancellationToken).ConfigureAwait(false),
                await HyperParametersAsync(candidate, artifacts, cancellationToken).ConfigureAwait(false),
                static string? (value) => value, onlyDifferent: true),
        };
    }

    private static async ValueTask<Dictionary<string, string>> HyperParametersAsync(
        ModelVersion version, IArtifactStore artifacts, CancellationToken cancellationToken)
    {
        if (version.Find(ModelArtifactKind.GenerationCode, GenerationRecord.ArtifactName) is not { } generation)
            return [];
        var bytes = await artifacts.GetBytesAsync(generation.Content, 16 << 20, cancellationToken).ConfigureAwait(false);
        return StoredJson.Read($"The generation record of {version.Ref}", bytes, 16 << 20, root => root.TryGetProperty("hyperParameters", out var values)
            ? values.EnumerateObject().ToDictionary(value => value.Name, value => value.Value.GetString() ?? "", StringComparer.Ordinal)
            : []);
    }

    private static List<ValueDifference<TValue>> Pair<TSource, TValue>(
        IReadOnlyDictionary<string, TSource> baseline, IReadOnlyDictionary<string, TSource> candidate, Func<TSource, TValue> select, bool onlyDifferent)
    {
        var pairs = new List<ValueDifference<TValue>>();
        foreach (var name in baseline.Keys.Union(candidate.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var before = baseline.TryGetValue(name, out var left) ? select(left) : default;
            var after = candidate.TryGetValue(name, out var right) ? select(right) : default;
            if (!onlyDifferent || !EqualityComparer<TValue>.Default.Equals(before, after))
                pairs.Add(new ValueDifference<TValue>(name, before!, after!));
        }

        return pairs;
    }

    private static Dictionary<string, string> Digests(ModelVersion version) =>
        version.Artifacts.ToDictionary(artifact => $"{artifact.Kind}/{artifact.Name}", artifact => artifact.Content.Digest, StringComparer.Ordinal);
}
