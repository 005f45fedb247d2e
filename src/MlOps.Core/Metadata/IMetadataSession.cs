using System.Data.Common;

namespace MlOps;

/// <summary>
/// Statements within one read or write. Parameters are written <c>@name</c> and passed as pairs; values are
/// <see cref="long"/>, <see cref="int"/>, <see cref="double"/>, <see cref="string"/>, <see cref="bool"/> (stored as 0 and 1),
/// <see cref="T:System.Byte[]"/>, <see cref="Timestamp"/> (stored as microseconds) or null. Not thread-safe; valid only inside its delegate.
/// </summary>
public interface IMetadataSession
{
    /// <summary>Runs a statement.</summary>
    /// <param name="sql">The statement.</param>
    /// <param name="parameters">Its parameters.</param>
    /// <returns>Rows changed.</returns>
    ValueTask<int> ExecuteAsync(string sql, params (string Name, object? Value)[] parameters);

    /// <summary>Runs a query and maps every row.</summary>
    /// <typeparam name="T">The row.</typeparam>
    /// <param name="sql">The query.</param>
    /// <param name="map">Maps the reader's current row.</param>
    /// <param name="parameters">Its parameters.</param>
    /// <returns>The rows in order.</returns>
    ValueTask<List<T>> QueryAsync<T>(string sql, Func<DbDataReader, T> map, params (string Name, object? Value)[] parameters);

    /// <summary>Runs a query that yields one number, or null for no row or a NULL.</summary>
    /// <param name="sql">The query.</param>
    /// <param name="parameters">Its parameters.</param>
    /// <returns>The number.</returns>
    ValueTask<long?> ScalarAsync(string sql, params (string Name, object? Value)[] parameters);
}
