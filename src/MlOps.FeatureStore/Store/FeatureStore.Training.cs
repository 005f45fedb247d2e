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
        var times = CheckSpine(bound, spine, timeColumn, options);
        using var histories = await OpenHistoriesAsync(bound, options, cancellationToken).ConfigureAwait(false);
        return Join(bound, histories, spine, times, options, cancellationToken);
    }

    private static long[] CheckSpine(BoundService bound, DataFrame spine, string timeColumn, TrainingFrameOptions options)
    {
        if (options.ServingLag < TimeSpan.Zero)
            throw new InvalidInputException($"A serving lag of {options.ServingLag} is not possible: rows cannot reach the online store before they are known.");
        var what = WhatOf(bound);
        var times = RowBatchReader.Times(what, spine, timeColumn, null);
        var missing = bound.KeyNames.Where(name => !spine.HasColumn(name)).ToArray();
        if (missing.Length > 0)
            throw new InvalidInputException(
                $"{what}: the spine lacks key column(s) {string.Join(", ", missing.Select(name => $"'{name}'"))}. It has {string.Join(", ", spine.Columns.Select(column => $"'{column.Name}'"))}. Rename them, or map the keys in the feature service.");
        if (bound.FeatureNames.FirstOrDefault(spine.HasColumn) is { } clash)
            throw new InvalidInputException($"{what}: the spine has a column '{clash}', which is the name of a feature. Rename it.");
        return times;
    }

    private static string WhatOf(BoundService bound) => $"Training frame of '{bound.Service.Name}'";

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

    private static DataFrame Join(
        BoundService bound, Histories histories, DataFrame spine, long[] times, TrainingFrameOptions options, CancellationToken cancellationToken)
    {
        var what = WhatOf(bound);
        var codes = bound.KeyNames.ToDictionary(name => name, name => KeyCodes.OfColumn(spine[name], what), StringComparer.Ordinal);
        var groups = new Dictionary<string, SpineGroups>(StringComparer.Ordinal);
        var parts = new List<JoinPart>(bound.Views.Length);
        foreach (var part in bound.Views)
        {
            var id = string.Join('\n', part.KeyColumns);
            if (!groups.TryGetValue(id, out var grouped))
                groups.Add(id, grouped = SpineGroups.Of(KeyCodes.Combine([.. part.KeyColumns.Select(column => codes[column])]), times));
            var outputs = new FeatureOutput?[part.View.Plan.Features.Length];
            foreach (var number in part.Features)
                outputs[number] = FeatureOutput.Create(part.View.Plan.Features[number].Type, spine.RowCount);
            parts.Add(new JoinPart(
                histories[part.View.Name], grouped, options.Known == KnownClock.Corrected, (options.ServingLag ?? part.View.Lag).Ticks / 10, outputs));
        }

        PointInTimeJoin.Run(parts, cancellationToken);
        return spine.With(bound.Views.SelectMany((part, p) => part.Features.Select((number, i) => parts[p].Outputs[number]!.Build(part.Names[i]))));
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
