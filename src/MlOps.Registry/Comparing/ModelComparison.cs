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

    /// <summary>The parameters of their runs that differ. Empty when the comparison did not read runs, or both have none.</summary>
    public IReadOnlyList<ValueDifference<string?>> RunParameters { get; init; } = [];

    /// <summary>The datasets that differ, as <c>role/name</c>, by digest and rows. Empty when the comparison did not read artifacts.</summary>
    public IReadOnlyList<ValueDifference<string?>> Data { get; init; } = [];

    /// <summary>What differs in how they were made: framework, algorithm, split, commit, digest of uncommitted changes, pipeline and step. Empty when the comparison did not read artifacts.</summary>
    public IReadOnlyList<ValueDifference<string?>> Code { get; init; } = [];

    /// <summary>The packages whose versions differ. Empty when the comparison did not read artifacts.</summary>
    public IReadOnlyList<ValueDifference<string?>> Dependencies { get; init; } = [];

    /// <summary>What differs in runtime, operating system and hardware. Empty when the comparison did not read artifacts.</summary>
    public IReadOnlyList<ValueDifference<string?>> Platform { get; init; } = [];

    /// <summary>All artifacts of either version, by kind and name, with their sizes.</summary>
    public IReadOnlyList<ArtifactDifference> ArtifactDifferences { get; init; } = [];

    /// <summary>The bytes of each version's artifacts; content that a version has under two names counts once.</summary>
    public ValueDifference<long> Size { get; init; }

    /// <summary>What changed in the signature, descriptions of features included, and whether callers of the baseline break.</summary>
    public SignatureCompatibility Compatibility { get; init; } = SignatureCompatibility.None;

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
            ArtifactDifferences = [.. baseline.Artifacts.Concat(candidate.Artifacts).Select(artifact => (artifact.Kind, artifact.Name)).Distinct()
                .OrderBy(key => key.Kind).ThenBy(key => key.Name, StringComparer.Ordinal)
                .Select(key => new ArtifactDifference(key.Kind, key.Name, baseline.Find(key.Kind, key.Name)?.Content, candidate.Find(key.Kind, key.Name)?.Content))],
            Size = new ValueDifference<long>("bytes", SizeOf(baseline), SizeOf(candidate)),
            Compatibility = SignatureCompatibility.Check(baseline.Signature, candidate.Signature),
        };
    }

    /// <summary>Compares two versions of one environment, with what their artifacts say of data, code and dependencies.</summary>
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
        var before = await ComparisonRecords.ReadAsync(baseline, artifacts, cancellationToken).ConfigureAwait(false);
        var after = await ComparisonRecords.ReadAsync(candidate, artifacts, cancellationToken).ConfigureAwait(false);
        return comparison with
        {
            HyperParameters = Different(before.HyperParameters, after.HyperParameters),
            Data = Different(before.Data, after.Data),
            Code = Different(before.Code, after.Code),
            Dependencies = Different(before.Dependencies, after.Dependencies),
            Platform = Different(before.Platform, after.Platform),
        };
    }

    /// <summary>Compares two versions of one environment, with all that their artifacts and their runs say.</summary>
    /// <param name="environment">The environment.</param>
    /// <param name="baseline">The version compared with, for instance the champion.</param>
    /// <param name="candidate">The version compared.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The differences.</returns>
    /// <exception cref="ModelNotFoundException">There is no such version.</exception>
    public static async ValueTask<ModelComparison> ReadAsync(
        IMlOpsEnvironment environment, ModelVersionRef baseline, ModelVersionRef candidate, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(environment);
        var before = await environment.Models.GetAsync(baseline, cancellationToken).ConfigureAwait(false);
        var after = await environment.Models.GetAsync(candidate, cancellationToken).ConfigureAwait(false);
        var comparison = await ReadAsync(before, after, environment.Context.Artifacts, cancellationToken).ConfigureAwait(false);
        return comparison with
        {
            RunParameters = Different(
                await ParametersAsync(environment.Experiments, before.RunId, cancellationToken).ConfigureAwait(false),
                await ParametersAsync(environment.Experiments, after.RunId, cancellationToken).ConfigureAwait(false)),
        };
    }

    private static async ValueTask<IReadOnlyDictionary<string, string>> ParametersAsync(IExperiments experiments, string? runId, CancellationToken cancellationToken)
    {
        if (runId is null)
            return new Dictionary<string, string>();
        try
        {
            return (await experiments.GetRunAsync(runId, cancellationToken).ConfigureAwait(false)).Parameters;
        }
        catch (NotFoundException)
        {
            // The run was deleted, or is one of the environment that the version came from.
            return new Dictionary<string, string>();
        }
    }

    private static List<ValueDifference<string?>> Different(IReadOnlyDictionary<string, string> baseline, IReadOnlyDictionary<string, string> candidate) =>
        Pair(baseline, candidate, static string? (value) => value, onlyDifferent: true);

    private static long SizeOf(ModelVersion version) =>
        version.Artifacts.Select(artifact => artifact.Content).DistinctBy(content => content.Digest, StringComparer.Ordinal).Sum(content => content.Size);

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
