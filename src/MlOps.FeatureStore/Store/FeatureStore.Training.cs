namespace MlOps.Features;

internal sealed partial class FeatureStore
{
    /// <inheritdoc />
    public async ValueTask<DataFrame> GetTrainingFrameAsync(
        DataFrame spine, string timeColumn, string service, TrainingFrameOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(spine);
        ArgumentNullException.ThrowIfNull(timeColumn);
        _context.Access.Require(EnvironmentPermission.Read, $"the training frame of '{service}'");
        var bound = ServiceOf(service);
        options ??= new TrainingFrameOptions();
        var times = TrainingJoin.Check(bound, spine, timeColumn, options);
        using var histories = await OpenHistoriesAsync(bound, options, cancellationToken).ConfigureAwait(false);
        return TrainingJoin.Run(bound, view => histories[view], spine, times, options, cancellationToken);
    }

    private async ValueTask<Histories> OpenHistoriesAsync(BoundService bound, TrainingFrameOptions options, CancellationToken cancellationToken)
    {
        await EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        var histories = new Histories();
        try
        {
            foreach (var view in bound.Views.Select(part => part.View.Name).Distinct(StringComparer.Ordinal))
                histories.Add(view, await _offline[view].OpenAsync(options.StoreAsOf, cancellationToken).ConfigureAwait(false));
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

        public void Add(string view, OfflineSnapshot history) => _byView.Add(view, history);

        public void Dispose()
        {
            foreach (var history in _byView.Values)
                history.Dispose();
        }
    }
}
