using MlOps.Features;
using MlOps.Monitoring;
using MlOps.Registry;

namespace MlOps;

/// <summary>What a host does with a served model day by day, across serving, monitoring, features and registry.</summary>
public static class LiveEnvironmentExtensions
{
    /// <summary>
    /// Compares a window of live predictions with the training data of the version that serves (the champion). The reference is the
    /// version's experiment artifact <see cref="ModelArtifactNames.Reference"/>; drift records the event that pipelines trigger on.
    /// </summary>
    /// <param name="environment">The environment.</param>
    /// <param name="model">The model, whose name its endpoint bears.</param>
    /// <param name="from">The window's begin, included.</param>
    /// <param name="to">The window's end, not included.</param>
    /// <param name="rule">When a difference counts as drift; null for the default rule.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The report.</returns>
    /// <exception cref="ModelNotFoundException">The model has no champion here.</exception>
    /// <exception cref="NotFoundException">The champion has no reference.</exception>
    public static async ValueTask<DriftReport> CheckDriftAsync(
        this IMlOpsEnvironment environment, string model, Timestamp from, Timestamp to, DriftRule? rule = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(environment);
        var champion = await environment.Models.FindAsync(model, ModelAliases.Champion, cancellationToken).ConfigureAwait(false)
            ?? throw new ModelNotFoundException($"Model '{model}' has no champion in '{environment.Name}': promote a version, or set the alias.");
        if (await environment.Monitors.GetReferenceAsync(model, champion.Ref, cancellationToken).ConfigureAwait(false) is null)
        {
            var artifact = champion.Find(ModelArtifactKind.ExperimentArtifacts, ModelArtifactNames.Reference)
                ?? throw new NotFoundException($"{champion.Ref} has no experiment artifact '{ModelArtifactNames.Reference}': register it with ReferenceProfile.Learn(...).ToJson(), or call SetReferenceAsync.");
            var profile = ReferenceProfile.FromJson(await environment.Context.Artifacts.GetBytesAsync(artifact.Content, 256 << 20, cancellationToken).ConfigureAwait(false));
            await environment.Monitors.SetReferenceAsync(model, champion.Ref, profile, cancellationToken).ConfigureAwait(false);
        }

        return await environment.Monitors.CheckDriftAsync(model, champion.Ref, from, to, rule, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Gives a version a share of its model's traffic, as the challenger of what serves. Safe to repeat.</summary>
    /// <param name="environment">The environment.</param>
    /// <param name="version">The version.</param>
    /// <param name="share">The share, above 0 and below 1.</param>
    /// <param name="reason">Why; goes into the audit trail.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that ends when it serves.</returns>
    public static async ValueTask StartCanaryAsync(
        this IMlOpsEnvironment environment, ModelVersionRef version, double share, string reason, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(environment);
        if (share is not (> 0 and < 1))
            throw new InvalidInputException($"The canary's share is {share}: use a value above 0 and below 1.");
        await environment.Models.SetAliasAsync(version, ModelAliases.Challenger, reason, cancellationToken: cancellationToken).ConfigureAwait(false);
        await environment.Get<IModelDeployer>().DeployAsync(version, share, reason, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Compares the features that an endpoint was served with what the offline store says was known at each moment. Both come from one
    /// definition, so any difference is a fault: late or lost data, a changed definition, a wrong key.
    /// </summary>
    /// <param name="environment">The environment; its offline store holds the period.</param>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="service">The feature service, whose features are among the model's inputs under their names.</param>
    /// <param name="requests">The requests of the period: keys and moments; others than the logged ones are ignored.</param>
    /// <param name="timeColumn">The column of moments, as passed to the endpoint.</param>
    /// <param name="idOf">The prediction's identity by row of <paramref name="requests"/>.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The report.</returns>
    public static async ValueTask<SkewReport> AuditServedFeaturesAsync(
        this IMlOpsEnvironment environment, string endpoint, string service, DataFrame requests, string timeColumn, Func<int, PredictionId> idOf, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(requests);
        ArgumentNullException.ThrowIfNull(idOf);
        if (requests.RowCount == 0)
            return new SkewReport(0, 0, 0, new Dictionary<string, long>());
        var names = environment.Features.FeatureNamesOf(service);
        var history = (await environment.Features.GetTrainingFrameAsync(requests, timeColumn, service, cancellationToken: cancellationToken).ConfigureAwait(false)).ToMatrix([.. names]);
        var rowOf = Enumerable.Range(0, requests.RowCount).ToDictionary(idOf);
        var moments = requests.Column<Timestamp>(timeColumn);
        var (first, last) = (moments[0], moments[0]);
        foreach (var moment in moments.Span)
            (first, last) = (moment < first ? moment : first, moment > last ? moment : last);

        var different = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var rows = 0;
        var offsets = new Dictionary<string, int[]>(StringComparer.Ordinal);
        await foreach (var served in environment.Monitors.ReadAsync(endpoint, first, new Timestamp(last.Microseconds + 1), cancellationToken).ConfigureAwait(false))
        {
            if (!rowOf.TryGetValue(served.Id, out var row))
                continue;
            if (!offsets.TryGetValue(served.Version, out var at))
                offsets[served.Version] = at = await OffsetsAsync(environment, ModelVersionRef.Parse(served.Version), names, cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < at.Length; i++)
            {
                if (!served.Features.Span[at[i]].Equals(history[row * names.Count + i]))
                    different[names[i]] = different.GetValueOrDefault(names[i]) + 1;
            }

            rows++;
        }

        return new SkewReport(rows, (long)rows * names.Count, different.Values.Sum(), different);
    }

    private static async ValueTask<int[]> OffsetsAsync(IMlOpsEnvironment environment, ModelVersionRef version, IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        var inputs = (await environment.Models.GetAsync(version, cancellationToken).ConfigureAwait(false)).Signature.Features.ToList();
        return [.. names.Select(name => inputs.IndexOf(name) is var at and >= 0
            ? at
            : throw new InvalidInputException($"{version} does not take feature '{name}': name the feature service that it was trained with. {NearestNames.Describe(name, inputs)}"))];
    }
}
