namespace MlOps.Metadata;

/// <summary>A statement that SQLite refused; the session turns it into one of the library's errors.</summary>
internal sealed class SqliteStatementException(int code, int extendedCode, string message, string sql) : Exception(message)
{
    public int Code => code;

    public int ExtendedCode => extendedCode;

    public string Sql => sql;
}
