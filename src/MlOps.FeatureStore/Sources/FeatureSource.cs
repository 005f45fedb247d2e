using System.Data.Common;

namespace MlOps.Features;

/// <summary>
/// Rows for a feature view from anywhere, read in batches, so that memory stays bounded. Give it to <see cref="IFeatureSources.IngestAsync"/>.
/// A source that is read once only (a reader, an enumerable) must be made anew for another ingestion.
/// </summary>
public abstract class FeatureSource
{
    private protected FeatureSource(string description) => Description = description;

    /// <summary>What the source is, for messages: a file's path, for instance.</summary>
    public string Description { get; }

    /// <summary>Whether it yields its rows again when it is read again.</summary>
    internal virtual bool IsRepeatable => false;

    internal abstract IAsyncEnumerable<SourceFrame> ReadAsync(SourceReading reading, CancellationToken cancellationToken);

    /// <summary>Frames of any sizes; they are cut and joined into batches.</summary>
    /// <param name="frames">The frames, with the columns that the view reads.</param>
    /// <param name="description">What messages call the source.</param>
    /// <returns>The source.</returns>
    public static FeatureSource Frames(IAsyncEnumerable<DataFrame> frames, string description = "the frames")
    {
        ArgumentNullException.ThrowIfNull(frames);
        return new FrameFeatureSource(frames, description);
    }

    /// <summary>Typed rows in memory.</summary>
    /// <typeparam name="TRow">The row.</typeparam>
    /// <param name="view">The view that says which column holds what.</param>
    /// <param name="rows">The rows.</param>
    /// <returns>The source.</returns>
    public static FeatureSource Rows<TRow>(FeatureView<TRow> view, IEnumerable<TRow> rows)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(rows);
        return new RowFeatureSource<TRow>(view, rows, null);
    }

    /// <summary>Typed rows as they come.</summary>
    /// <typeparam name="TRow">The row.</typeparam>
    /// <param name="view">The view that says which column holds what.</param>
    /// <param name="rows">The rows.</param>
    /// <returns>The source.</returns>
    public static FeatureSource Rows<TRow>(FeatureView<TRow> view, IAsyncEnumerable<TRow> rows)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(rows);
        return new RowFeatureSource<TRow>(view, null, rows);
    }

    /// <summary>A CSV file (RFC 4180) with a header; only the columns that the view reads are looked at.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">The delimiter, names without a header, the text that means null.</param>
    /// <returns>The source.</returns>
    public static FeatureSource Csv(string path, CsvOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new CsvFeatureSource(path, options ?? new CsvOptions());
    }

    /// <summary>A file with one JSON object a line.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The source.</returns>
    public static FeatureSource JsonLines(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new JsonLinesFeatureSource(path);
    }

    /// <summary>The rows of a database reader, of any ADO.NET provider.</summary>
    /// <param name="reader">The reader, before its first row; not closed.</param>
    /// <returns>The source.</returns>
    public static FeatureSource Database(DbDataReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        return new DatabaseFeatureSource(reader, null);
    }

    /// <summary>The rows that a database command yields, of any ADO.NET provider. Give the query an ORDER BY, so that it can be resumed.</summary>
    /// <param name="command">The command on an open connection; not disposed.</param>
    /// <returns>The source.</returns>
    public static FeatureSource Database(DbCommand command)
    {
        ArgumentNullException.ThrowIfNull(command);
        return new DatabaseFeatureSource(null, command);
    }
}
