using System.Data.Common;

namespace MlOps;

/// <summary>Short forms over <see cref="IMetadataSession"/>.</summary>
public static class MetadataSessionExtensions
{
    /// <summary>The first row of a query, or the default value when there is none.</summary>
    /// <typeparam name="T">The row.</typeparam>
    /// <param name="session">The session.</param>
    /// <param name="sql">The query; add LIMIT 1 when it could yield more.</param>
    /// <param name="map">Maps the reader's current row.</param>
    /// <param name="parameters">Its parameters.</param>
    /// <returns>The row or the default value.</returns>
    public static async ValueTask<T?> FirstOrDefaultAsync<T>(
        this IMetadataSession session, string sql, Func<DbDataReader, T> map, params (string Name, object? Value)[] parameters)
    {
        ArgumentNullException.ThrowIfNull(session);
        var rows = await session.QueryAsync(sql, map, parameters).ConfigureAwait(false);
        return rows.Count == 0 ? default : rows[0];
    }

    /// <summary>A string column that may be NULL.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="ordinal">The column.</param>
    /// <returns>The string or null.</returns>
    public static string? GetStringOrNull(this DbDataReader reader, int ordinal)
    {
        ArgumentNullException.ThrowIfNull(reader);
        return reader.IsDBNull(ordinal) ? null : reader.GetString(ordinal);
    }

    /// <summary>A moment stored as microseconds.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="ordinal">The column.</param>
    /// <returns>The moment.</returns>
    public static Timestamp GetTimestamp(this DbDataReader reader, int ordinal)
    {
        ArgumentNullException.ThrowIfNull(reader);
        return new Timestamp(reader.GetInt64(ordinal));
    }
}
