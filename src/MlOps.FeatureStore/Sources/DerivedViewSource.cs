using System.Globalization;
using System.Runtime.CompilerServices;

namespace MlOps.Features;

/// <summary>
/// Rows of another view, or a service's features at them. The other view's commits are taken in order; the position is the commit and how
/// many batches of it are in, kept in the transaction that commits each batch, so that nothing is computed twice.
/// </summary>
internal sealed class DerivedViewSource(string view, string? service, Func<DataFrame, DataFrame>? transform)
    : FeatureViewSource(service is null ? $"rows of view {view}" : $"features of service {service} at rows of view {view}")
{
    internal override IReadOnlyList<string> Views => [view];

    internal override async ValueTask<SourceResult> RefreshAsync(SourceRefresh refresh, CancellationToken cancellationToken)
    {
        var store = refresh.Reading.Store;
        var driving = store.ReadableOf(view);
        var (commit, taken) = Parse(await refresh.Progress.PositionAsync(cancellationToken).ConfigureAwait(false));
        var total = default(SourceResult);
        long[] commits;
        using (var history = await driving.OpenAsync(cancellationToken).ConfigureAwait(false))
            commits = [.. OfflineRows.CommitsOf(history).Where(number => number > commit || (number == commit && taken >= 0)).Order()];
        foreach (var number in commits)
        {
            var start = number == commit ? taken : 0;
            total = total.Plus(await refresh.IngestAsync(
                refresh.What, ReadAsync(refresh, driving, number, start, cancellationToken),
                (frame, _) => string.Create(CultureInfo.InvariantCulture, $"{refresh.Name}/{frame.Position}"), cancellationToken).ConfigureAwait(false));
            await refresh.Progress.MoveAsync(string.Create(CultureInfo.InvariantCulture, $"{number:D10}"), cancellationToken).ConfigureAwait(false);
        }

        return total;
    }

    private async IAsyncEnumerable<SourceFrame> ReadAsync(
        SourceRefresh refresh, OfflineView driving, long commit, int start, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        DataFrame rows;
        using (var history = await driving.OpenAsync(cancellationToken).ConfigureAwait(false))
            rows = OfflineRows.Of(history, commit);
        for (var at = start; at < rows.RowCount;)
        {
            var part = rows.Slice(at, Math.Min(refresh.Reading.RowsPerBatch, rows.RowCount - at));
            at += part.RowCount;
            if (service is not null)
                part = await refresh.Reading.Store.GetTrainingFrameAsync(part, driving.Plan.View.EventTimeColumn, service, null, cancellationToken).ConfigureAwait(false);
            if (transform is not null)
                part = transform(part);
            yield return new SourceFrame(part, FrameFeatureSource.SizeOf(part), null, string.Create(CultureInfo.InvariantCulture, $"{commit:D10}+{at}"));
        }
    }

    // "7" is commit 7 done; "8+2000" is the first 2000 rows of commit 8 done.
    private static (long Commit, int Taken) Parse(string? position)
    {
        if (position is null)
            return (0, -1);
        var parts = position.Split('+');
        return (long.Parse(parts[0], CultureInfo.InvariantCulture), parts.Length == 1 ? -1 : int.Parse(parts[1], CultureInfo.InvariantCulture));
    }
}
