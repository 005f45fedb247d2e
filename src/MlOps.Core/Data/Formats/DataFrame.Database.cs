using System.Data.Common;
using System.Runtime.CompilerServices;

namespace MlOps;

public sealed partial class DataFrame
{
    /// <summary>Reads all rows of a database reader. Decimals become doubles, GUIDs text; small integers become int.</summary>
    /// <param name="reader">The reader, before its first row; not closed.</param>
    /// <param name="options">How; null means the defaults.</param>
    /// <param name="cancellationToken">Stops between rows.</param>
    /// <returns>The rows.</returns>
    /// <exception cref="InvalidInputException">A field's type has no column type, a name stands twice, or a time has no zone; the message names it.</exception>
    public static async Task<DataFrame> ReadDatabaseAsync(DbDataReader reader, DatabaseReadOptions? options = null, CancellationToken cancellationToken = default)
    {
        var table = new DatabaseTable(reader, options);
        while (await table.AddAsync(cancellationToken).ConfigureAwait(false))
        {
        }

        return table.Build();
    }

    /// <summary>Reads the rows of a database reader a batch at a time; memory holds one batch.</summary>
    /// <param name="reader">The reader, before its first row; not closed.</param>
    /// <param name="options">How; null means the defaults.</param>
    /// <param name="batchRows">Rows of a batch.</param>
    /// <param name="cancellationToken">Stops between rows.</param>
    /// <returns>Batches of that many rows, the last perhaps fewer; one without rows when there are none, so that the columns are known.</returns>
    /// <exception cref="InvalidInputException">As for <see cref="ReadDatabaseAsync"/>.</exception>
    public static IAsyncEnumerable<DataFrame> StreamDatabaseAsync(
        DbDataReader reader, DatabaseReadOptions? options = null, int batchRows = DefaultBatchRows, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchRows, 1);
        return Stream(new DatabaseTable(reader, options), batchRows, cancellationToken);
    }

    private static async IAsyncEnumerable<DataFrame> Stream(DatabaseTable table, int batchRows, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var batches = 0;
        while (await table.AddAsync(cancellationToken).ConfigureAwait(false))
        {
            if (table.Rows < batchRows)
                continue;
            batches++;
            yield return table.Build();
        }

        if (table.Rows > 0 || batches == 0)
            yield return table.Build();
    }
}
