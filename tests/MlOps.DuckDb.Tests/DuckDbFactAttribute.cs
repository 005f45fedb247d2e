namespace MlOps.DuckDb.Tests;

/// <summary>A test that needs DuckDB's native library; skipped with the reason where it is absent.</summary>
public sealed class DuckDbFactAttribute : FactAttribute
{
    public DuckDbFactAttribute()
    {
        try
        {
            _ = DuckDbLake.LibraryVersion;
        }
        catch (StorageException e)
        {
            Skip = e.Message;
        }
    }
}
