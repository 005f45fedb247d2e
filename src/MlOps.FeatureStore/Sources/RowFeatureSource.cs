using System.Runtime.CompilerServices;

namespace MlOps.Features;

/// <summary>Typed rows, one batch of them in memory at a time.</summary>
internal sealed class RowFeatureSource<TRow>(FeatureView<TRow> view, IEnumerable<TRow>? rows, IAsyncEnumerable<TRow>? later)
    : FeatureSource($"the rows of type {typeof(TRow).Name}")
{
    internal override bool IsRepeatable => rows is IReadOnlyCollection<TRow>;

    internal override async IAsyncEnumerable<SourceFrame> ReadAsync(SourceReading reading, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (rows is not null)
        {
            foreach (var chunk in rows.Chunk(reading.RowsPerBatch))
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return Frame(chunk);
            }

            yield break;
        }

        var batch = new List<TRow>();
        await foreach (var row in later!.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            batch.Add(row);
            if (batch.Count < reading.RowsPerBatch)
                continue;
            yield return Frame(batch);
            batch.Clear();
        }

        if (batch.Count > 0)
            yield return Frame(batch);
    }

    private SourceFrame Frame(IReadOnlyList<TRow> chunk)
    {
        var frame = view.ToFrame(chunk);
        return new SourceFrame(frame, FrameFeatureSource.SizeOf(frame));
    }
}
