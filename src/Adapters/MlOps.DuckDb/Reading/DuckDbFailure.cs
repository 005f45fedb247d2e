namespace MlOps.DuckDb.Reading;

/// <summary>Turns DuckDB's messages into errors that callers act on.</summary>
internal static class DuckDbFailure
{
    private static readonly string[] StoragePrefixes = ["IO Error", "Out of Memory", "FATAL", "INTERNAL", "TransactionContext", "Connection"];

    public static Exception Create(string? message, string sql, CancellationToken cancellationToken)
    {
        message = string.IsNullOrEmpty(message) ? "It gave no reason." : message.Trim();
        if (message.StartsWith("INTERRUPT", StringComparison.OrdinalIgnoreCase))
            return new OperationCanceledException("The query was interrupted.", cancellationToken);
        var text = $"DuckDB refused the query. {message} The query: {(sql.Length > 500 ? sql[..500] + "..." : sql)}";
        return Array.Exists(StoragePrefixes, prefix => message.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            ? new StorageException(text)
            : new InvalidInputException(text);
    }
}
