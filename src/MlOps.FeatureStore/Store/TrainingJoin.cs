namespace MlOps.Features;

/// <summary>Joins the views of a service to a spine whose times and columns were checked.</summary>
internal static class TrainingJoin
{
    public static DataFrame Run(
        BoundService bound, Func<string, OfflineSnapshot> historyOf, DataFrame spine, long[] times, TrainingFrameOptions options, CancellationToken cancellationToken)
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
            parts.Add(new JoinPart(
                historyOf(part.View.Name), grouped, options.Known == KnownClock.Corrected, (options.ServingLag ?? part.View.Lag).Ticks / 10, Outputs(part, spine.RowCount)));
        }

        PointInTimeJoin.Run(parts, cancellationToken);
        List<DataColumn> columns = [.. bound.Views.SelectMany((part, p) => part.Features.Select((number, i) => parts[p].Outputs[number]!.Build(part.Names[i])))];
        return spine.With(bound.Transforms?.Compute(spine, columns, cancellationToken) ?? columns);
    }

    public static long[] Check(BoundService bound, DataFrame spine, string timeColumn, TrainingFrameOptions options)
    {
        CheckLag(options);
        var what = WhatOf(bound);
        var times = RowBatchReader.Times(what, spine, timeColumn, null);
        var missing = bound.KeyNames.Where(name => !spine.HasColumn(name)).ToArray();
        if (missing.Length > 0)
            throw new InvalidInputException(
                $"{what}: the spine lacks key column(s) {string.Join(", ", missing.Select(name => $"'{name}'"))}. It has {string.Join(", ", spine.Columns.Select(column => $"'{column.Name}'"))}. Rename them, or map the keys in the feature service.");
        if (bound.FeatureNames.FirstOrDefault(spine.HasColumn) is { } clash)
            throw new InvalidInputException($"{what}: the spine has a column '{clash}', which is the name of a feature. Rename it.");
        if (bound.Transforms?.FindMistake(spine) is { } mistake)
            throw new InvalidInputException($"{what}: {mistake} Add it.");
        return times;
    }

    public static void CheckLag(TrainingFrameOptions options)
    {
        if (options.ServingLag < TimeSpan.Zero)
            throw new InvalidInputException($"A serving lag of {options.ServingLag} is not possible: rows cannot reach the online store before they are known.");
    }

    public static string WhatOf(BoundService bound) => $"Training frame of '{bound.Service.Name}'";

    private static FeatureOutput?[] Outputs(BoundService.BoundView part, int rows)
    {
        var outputs = new FeatureOutput?[part.View.Plan.Features.Length];
        foreach (var number in part.Features)
            outputs[number] = FeatureOutput.Create(part.View.Plan.Features[number].Type, rows);
        return outputs;
    }
}
