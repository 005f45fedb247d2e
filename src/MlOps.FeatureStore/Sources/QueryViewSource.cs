using System.Data.Common;
using System.Runtime.CompilerServices;

namespace MlOps.Features;

/// <summary>A query by watermark. The watermark of the last row of a batch is kept in the transaction that commits the batch.</summary>
internal sealed class QueryViewSource(Func<CancellationToken, ValueTask<DbConnection>> connect, string sql, string watermark, object start) : FeatureViewSource($"query {sql}")
{
    internal override async ValueTask<SourceResult> RefreshAsync(SourceRefresh refresh, CancellationToken cancellationToken)
    {
        var position = await refresh.Progress.PositionAsync(cancellationToken).ConfigureAwait(false) ?? WatermarkReader.Write(start);
        var after = position;
        return await refresh.IngestAsync(
            refresh.What, ReadAsync(refresh, position, cancellationToken),
            (frame, _) =>
            {
                // Where a batch begins is unique, since the one before has moved the position there.
                var key = $"{refresh.Name}/after {after}";
                after = frame.Position!;
                return key;
            },
            cancellationToken).ConfigureAwait(false);
    }

    private async IAsyncEnumerable<SourceFrame> ReadAsync(SourceRefresh refresh, string position, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var connection = await connect(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var command = connection.CreateCommand();
            await using (command.ConfigureAwait(false))
            {
#pragma warning disable CA2100 // the query is the application's own text; the watermark is a parameter
                command.CommandText = sql;
#pragma warning restore CA2100
                var parameter = command.CreateParameter();
                parameter.ParameterName = "@after";
                parameter.Value = WatermarkReader.Read(position);
                command.Parameters.Add(parameter);
                var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    await foreach (var frame in DatabaseFeatureSource.ReadAsync(reader, refresh.Reading, refresh.What, new WatermarkReader(watermark, refresh.What), cancellationToken).ConfigureAwait(false))
                        yield return frame;
                }
            }
        }
    }
}
