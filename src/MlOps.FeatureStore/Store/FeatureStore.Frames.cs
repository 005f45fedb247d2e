namespace MlOps.Features;

internal sealed partial class FeatureStore : TrainingFrames.IJoins
{
    /// <inheritdoc />
    public ITrainingFrames Frames => field ??= new TrainingFrames(_context, new MetadataArea(_context.Metadata, FeatureSchema.Instance), this);

    /// <inheritdoc />
    public IFeatureSpines Spines => field ??= new FeatureSpines(_context, OpenViewAsync);

    string TrainingFrames.IJoins.ReadableIdOf(string service) => ServiceOf(service, FeatureUse.Values).Id;

    async ValueTask<(DataFrame Frame, IReadOnlyDictionary<string, long> Commits)> TrainingFrames.IJoins.JoinAsync(
        DataFrame spine, string timeColumn, string service, TrainingFrameOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(timeColumn);
        var bound = ServiceOf(service, FeatureUse.Values);
        var times = TrainingJoin.Check(bound, spine, timeColumn, options);
        using var histories = await OpenHistoriesAsync(bound, options, cancellationToken, fixesCommits: true).ConfigureAwait(false);
        return (TrainingJoin.Run(bound, view => histories[view], spine, times, options, cancellationToken), histories.Commits);
    }

    private async ValueTask<OfflineSnapshot> OpenViewAsync(string view, Timestamp? asOf, CancellationToken cancellationToken)
    {
        var name = ViewOf(view, FeatureUse.Values).Name;
        await EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        return await _offline[name].OpenAsync(asOf, cancellationToken).ConfigureAwait(false);
    }
}
