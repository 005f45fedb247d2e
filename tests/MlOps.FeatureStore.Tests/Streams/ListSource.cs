using System.Runtime.CompilerServices;

namespace MlOps.Features.Tests;

/// <summary>A stream given beforehand, delivered as a test wants it: in any pieces, some of them again.</summary>
internal sealed class ListSource(IReadOnlyList<ListSource.Delivery> deliveries, Func<int, bool>? stopsBefore = null) : IFeatureStreamSource
{
    public string Name => "list";

    public ValueTask<IReadOnlyList<string>> GetPartitionsAsync(CancellationToken cancellationToken = default) => new(["0"]);

    public ValueTask<StreamRange> GetRangeAsync(string partition, CancellationToken cancellationToken = default) =>
        new(new StreamRange(deliveries.Count == 0 ? 0 : deliveries.Min(d => d.First), deliveries.Count == 0 ? -1 : deliveries.Max(d => d.First + d.Rows.RowCount - 1)));

    public async IAsyncEnumerable<StreamRecords> ReadAsync(string partition, long after, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        for (var i = 0; i < deliveries.Count; i++)
        {
            if (stopsBefore?.Invoke(i) == true)
                yield break;
            var (first, rows) = deliveries[i];
            if (first + rows.RowCount - 1 > after)
                yield return new StreamRecords { Rows = rows, Offsets = Enumerable.Range(0, rows.RowCount).Select(row => first + row).ToArray() };
        }
    }

    internal sealed record Delivery(long First, DataFrame Rows);
}
