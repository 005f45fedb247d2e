using System.Runtime.CompilerServices;
using MlOps.Features;

namespace MlOps;

/// <summary>Training frames in other shapes: in batches, as CSV, as tensors.</summary>
public static class TrainingFrameExtensions
{
    /// <summary>A frame as slices of some rows, which share its memory; one empty slice where it has no rows.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="batchRows">Rows of each slice but the last.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The slices in order.</returns>
    public static async IAsyncEnumerable<DataFrame> InBatchesAsync(
        this DataFrame frame, int batchRows, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(frame);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchRows);
        var start = 0;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            var rows = Math.Min(batchRows, frame.RowCount - start);
            yield return frame.Slice(start, rows);
            start += rows;
            await Task.CompletedTask.ConfigureAwait(false);
        }
        while (start < frame.RowCount);
    }

    /// <summary>Writes frames of the same columns as one CSV text, each as it comes; see <see cref="DataFrame.WriteCsv"/>.</summary>
    /// <param name="frames">The frames.</param>
    /// <param name="writer">Where to; flushed, not closed.</param>
    /// <param name="options">How; the header stands once.</param>
    /// <param name="cancellationToken">Cancels between frames.</param>
    /// <returns>How many rows were written.</returns>
    public static async ValueTask<long> WriteCsvAsync(
        this IAsyncEnumerable<DataFrame> frames, TextWriter writer, CsvOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(frames);
        ArgumentNullException.ThrowIfNull(writer);
        options ??= new CsvOptions();
        var rows = 0L;
        await foreach (var frame in frames.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            frame.WriteCsv(writer, options);
            await writer.FlushAsync(cancellationToken).ConfigureAwait(false);
            options = options with { HasHeader = false };
            rows += frame.RowCount;
        }

        return rows;
    }
}
