namespace MlOps.DuckDb;

public sealed partial class DuckDbLake
{
    /// <summary>Reads a Parquet file, or several by a pattern such as <c>flights/*.parquet</c>. Nothing but these files can be touched.</summary>
    /// <param name="path">The file or pattern.</param>
    /// <param name="columns">Columns to read; null means all.</param>
    /// <param name="cancellationToken">Interrupts the reading.</param>
    /// <returns>All rows, in the order of the file.</returns>
    /// <exception cref="StorageException">The file is absent or unreadable.</exception>
    public static Task<DataFrame> ReadParquetAsync(string path, IEnumerable<string>? columns = null, CancellationToken cancellationToken = default) =>
        ReadFileAsync("read_parquet", path, columns, cancellationToken);

    /// <summary>Reads a CSV file, or several by a pattern; delimiter, header and types are found by DuckDB.</summary>
    /// <param name="path">The file or pattern.</param>
    /// <param name="columns">Columns to read; null means all.</param>
    /// <param name="cancellationToken">Interrupts the reading.</param>
    /// <returns>All rows, in the order of the file.</returns>
    /// <exception cref="StorageException">The file is absent or unreadable.</exception>
    public static Task<DataFrame> ReadCsvAsync(string path, IEnumerable<string>? columns = null, CancellationToken cancellationToken = default) =>
        ReadFileAsync("read_csv", path, columns, cancellationToken);

    /// <summary>Reads JSON (an array of objects, or one object a line), or several files by a pattern.</summary>
    /// <param name="path">The file or pattern.</param>
    /// <param name="columns">Columns to read; null means all.</param>
    /// <param name="cancellationToken">Interrupts the reading.</param>
    /// <returns>All rows, in the order of the file.</returns>
    /// <exception cref="StorageException">The file is absent or unreadable.</exception>
    public static Task<DataFrame> ReadJsonAsync(string path, IEnumerable<string>? columns = null, CancellationToken cancellationToken = default) =>
        ReadFileAsync("read_json", path, columns, cancellationToken);

    /// <summary>Streams a Parquet file, or several by a pattern, batch by batch.</summary>
    /// <param name="path">The file or pattern.</param>
    /// <param name="columns">Columns to read; null means all.</param>
    /// <param name="cancellationToken">Interrupts the reading.</param>
    /// <returns>The batches.</returns>
    public IAsyncEnumerable<DataFrame> ScanParquetAsync(string path, IEnumerable<string>? columns = null, CancellationToken cancellationToken = default) =>
        QueryAsync(FileQuery("read_parquet", path, columns), null, cancellationToken);

    /// <summary>Writes the rows of a query to a Parquet file (zstd).</summary>
    /// <param name="sql">The query, without parameters.</param>
    /// <param name="path">The file; replaced when it is there.</param>
    /// <param name="cancellationToken">Interrupts the writing.</param>
    /// <returns>Rows written.</returns>
    public async Task<long> WriteParquetAsync(string sql, string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(sql);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var done = await ReadAsync($"COPY ({sql}) TO {Literal(Path.GetFullPath(path))} (FORMAT parquet, COMPRESSION zstd)", null, cancellationToken).ConfigureAwait(false);
        return done.Column<long>("Count")[0];
    }

    private static async Task<DataFrame> ReadFileAsync(string function, string path, IEnumerable<string>? columns, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var wildcard = path.AsSpan().IndexOfAny('*', '?', '[');
        if (wildcard < 0 && !File.Exists(path) && !Directory.Exists(path))
            throw new StorageException($"There is no file {Path.GetFullPath(path)}.");
        var allowed = wildcard < 0 ? path : Path.GetDirectoryName(path[..wildcard] + "x") is { Length: > 0 } directory ? directory : ".";
        using var lake = new DuckDbLake(new DuckDbOptions { AllowedPaths = [allowed] });
        return await lake.ReadAsync(FileQuery(function, path, columns), null, cancellationToken).ConfigureAwait(false);
    }

    // DuckDB expands patterns when it plans the query, before any parameter is bound, so the path is a literal.
    private static string FileQuery(string function, string path, IEnumerable<string>? columns)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var list = columns is null ? "*" : string.Join(", ", columns.Select(Identifier));
        if (list.Length == 0)
            throw new InvalidInputException("No column was named: pass null to read all of them.");
        return $"SELECT {list} FROM {function}({Literal(Path.GetFullPath(path))})";
    }
}
