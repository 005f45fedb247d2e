using System.Runtime.CompilerServices;

namespace MlOps.Features;

internal sealed partial class FeatureStore
{
    /// <inheritdoc />
    public async ValueTask<DataFrame> GetTrainingFrameAsync(
        DataFrame spine, string timeColumn, string service, TrainingFrameOptions? options = null, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.ReadFeatures, $"feature service '{service}'");
        ArgumentNullException.ThrowIfNull(spine);
        ArgumentNullException.ThrowIfNull(timeColumn);
        var bound = ServiceOf(service, FeatureUse.Values);
        await EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        await WarnOfDeprecatedAsync(bound, cancellationToken).ConfigureAwait(false);
        return await JoinAsync(bound, spine, timeColumn, options ?? new TrainingFrameOptions(), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public IAsyncEnumerable<DataFrame> GetTrainingFrameBatchesAsync(
        IAsyncEnumerable<DataFrame> spine, string timeColumn, string service, TrainingFrameOptions? options = null, CancellationToken cancellationToken = default)
    {
        // Asked when called, not when the first batch is: an iterator begins late.
        _context.Access.Require(EnvironmentPermission.ReadFeatures, $"feature service '{service}'");
        ArgumentNullException.ThrowIfNull(spine);
        ArgumentNullException.ThrowIfNull(timeColumn);
        return JoinBatchesAsync(ServiceOf(service, FeatureUse.Values), spine, timeColumn, options ?? new TrainingFrameOptions(), cancellationToken);
    }

    private async IAsyncEnumerable<DataFrame> JoinBatchesAsync(
        BoundService bound, IAsyncEnumerable<DataFrame> spine, string timeColumn, TrainingFrameOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        await WarnOfDeprecatedAsync(bound, cancellationToken).ConfigureAwait(false);
        // One state of the store for all batches.
        using var histories = await OpenHistoriesAsync(bound, options, cancellationToken).ConfigureAwait(false);
        await foreach (var batch in spine.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            var times = TrainingJoin.Check(bound, batch, timeColumn, options);
            yield return CheckFrame(bound.Service.Name, TrainingJoin.Run(bound, view => histories[view], batch, times, options, cancellationToken), options.Checks);
        }
    }

    // The join itself, for callers that have asked.
    private async ValueTask<DataFrame> JoinAsync(BoundService bound, DataFrame spine, string timeColumn, TrainingFrameOptions options, CancellationToken cancellationToken)
    {
        var times = TrainingJoin.Check(bound, spine, timeColumn, options);
        using var histories = await OpenHistoriesAsync(bound, options, cancellationToken).ConfigureAwait(false);
        return CheckFrame(bound.Service.Name, TrainingJoin.Run(bound, view => histories[view], spine, times, options, cancellationToken), options.Checks);
    }

    // With fixed commits, what is committed while the histories are opened one by one is not seen, and the commits are known.
    private async ValueTask<Histories> OpenHistoriesAsync(BoundService bound, TrainingFrameOptions options, CancellationToken cancellationToken, bool fixesCommits = false)
    {
        TrainingJoin.CheckLag(options);
        await EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        var histories = new Histories();
        try
        {
            foreach (var view in bound.Views.Select(part => part.View.Name).Distinct(StringComparer.Ordinal))
                histories.Add(view, await _offline[view].OpenAsync(options.StoreAsOf ?? (fixesCommits ? Timestamp.MaxValue : null), cancellationToken).ConfigureAwait(false));
            return histories;
        }
        catch
        {
            histories.Dispose();
            throw;
        }
    }

    /// <summary>The histories of a service's views at one moment, held open together.</summary>
    private sealed class Histories : IDisposable
    {
        private readonly Dictionary<string, OfflineSnapshot> _byView = new(StringComparer.Ordinal);

        public OfflineSnapshot this[string view] => _byView[view];

        public IReadOnlyDictionary<string, long> Commits => _byView.ToDictionary(pair => pair.Key, pair => pair.Value.MaxCommit, StringComparer.Ordinal);

        public void Add(string view, OfflineSnapshot history) => _byView.Add(view, history);

        public void Dispose()
        {
            foreach (var history in _byView.Values)
                history.Dispose();
        }
    }
}
