using SQLitePCL;

namespace MlOps.Metadata;

/// <summary>Turns SQLite's result codes into the library's errors.</summary>
internal static class SqliteErrors
{
    private const int ConstraintPrimaryKey = raw.SQLITE_CONSTRAINT | (6 << 8);
    private const int ConstraintUnique = raw.SQLITE_CONSTRAINT | (8 << 8);

    public static bool IsBusy(int code) => (code & 0xff) is raw.SQLITE_BUSY or raw.SQLITE_LOCKED;

    /// <summary>After these the connection is opened anew: what it holds in memory may differ from the disk.</summary>
    public static bool BreaksConnection(int code) => (code & 0xff) is raw.SQLITE_IOERR or raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB or raw.SQLITE_CANTOPEN;

    public static MlOpsException Translate(int code, int extendedCode, string message, string path, string operation, Exception? inner = null)
    {
        var where = $"SQLite metadata store '{path}': {operation} failed with {message} (code {extendedCode}).";
        return (code & 0xff) switch
        {
            raw.SQLITE_FULL => new StorageException(where + " The disk is full: free space and try again; nothing was changed.", inner),
            raw.SQLITE_READONLY => new StorageException(where + " Reads cannot write; when this was a write, make the file and its directory writable.", inner),
            raw.SQLITE_CANTOPEN => new StorageException(where + " Check that the directory exists and that this account may write there.", inner),
            raw.SQLITE_IOERR => new StorageException(where + " Check the disk and the system's log; nothing was acknowledged.", inner),
            raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => new CorruptDataException(where + " The file is damaged or no database: restore it from a backup.", inner),
            raw.SQLITE_CONSTRAINT when extendedCode is ConstraintPrimaryKey or ConstraintUnique =>
                new ConcurrencyConflictException(where + " A row with this key is there already.", inner),
            raw.SQLITE_CONSTRAINT => new InvalidInputException(where + " The row breaks a rule of the table.", inner),
            _ => new StorageException(where, inner),
        };
    }
}
