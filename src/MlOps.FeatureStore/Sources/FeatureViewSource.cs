using System.Data.Common;

namespace MlOps.Features;

/// <summary>Where a view's rows come from again and again. Each refresh takes what is new since the last one.</summary>
public abstract class FeatureViewSource
{
    private protected FeatureViewSource(string origin) => Origin = origin;

    /// <summary>What the source is, for people and lineage: a folder, a query, a view.</summary>
    public string Origin { get; }

    /// <summary>The views that it reads, for lineage.</summary>
    internal virtual IReadOnlyList<string> Views => [];

    internal abstract ValueTask<SourceResult> RefreshAsync(SourceRefresh refresh, CancellationToken cancellationToken);

    /// <summary>The CSV files of a folder. Files that are finished stay as they are: a file that changes after it was taken is refused.</summary>
    /// <param name="folder">The folder; write files elsewhere and move them in when they are whole.</param>
    /// <param name="pattern">Which names, with <c>*</c> and <c>?</c>.</param>
    /// <param name="options">The delimiter and so on.</param>
    /// <returns>The source.</returns>
    public static FeatureViewSource CsvFiles(string folder, string pattern = "*.csv", CsvOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentException.ThrowIfNullOrEmpty(pattern);
        return new FileViewSource(folder, pattern, path => FeatureSource.Csv(path, options));
    }

    /// <summary>The files of a folder with one JSON object a line.</summary>
    /// <param name="folder">The folder; write files elsewhere and move them in when they are whole.</param>
    /// <param name="pattern">Which names, with <c>*</c> and <c>?</c>.</param>
    /// <returns>The source.</returns>
    public static FeatureViewSource JsonLinesFiles(string folder, string pattern = "*.jsonl")
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentException.ThrowIfNullOrEmpty(pattern);
        return new FileViewSource(folder, pattern, FeatureSource.JsonLines);
    }

    /// <summary>A query that yields what is beyond a watermark: <c>SELECT ... WHERE id &gt; @after ORDER BY id</c>. Any ADO.NET provider.</summary>
    /// <param name="connect">Opens a connection; it is disposed after the refresh.</param>
    /// <param name="sql">The query; it has the parameter <c>@after</c> and is ordered by the watermark.</param>
    /// <param name="watermark">The column that only grows: a number, a text in ordinal order, or a moment.</param>
    /// <param name="start">What the first refresh passes as <c>@after</c>: a long, string, DateTime or DateTimeOffset.</param>
    /// <returns>The source.</returns>
    public static FeatureViewSource Query(Func<CancellationToken, ValueTask<DbConnection>> connect, string sql, string watermark, object start)
    {
        ArgumentNullException.ThrowIfNull(connect);
        ArgumentException.ThrowIfNullOrEmpty(sql);
        ArgumentException.ThrowIfNullOrEmpty(watermark);
        ArgumentNullException.ThrowIfNull(start);
        return new QueryViewSource(connect, sql, watermark, start);
    }

    /// <summary>The rows of another view, changed or not.</summary>
    /// <param name="view">The other view; its key, time and value columns are there under their names.</param>
    /// <param name="transform">Makes rows of this view of them; pure, row order kept or not. Null when the columns fit.</param>
    /// <returns>The source.</returns>
    public static FeatureViewSource View(string view, Func<DataFrame, DataFrame>? transform = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(view);
        return new DerivedViewSource(view, null, transform);
    }

    /// <summary>Features of a service at each row of another view, as known at its event time, become rows of this view.</summary>
    /// <param name="service">The service; its keys are columns of the other view.</param>
    /// <param name="at">The other view, whose rows say for whom and when.</param>
    /// <param name="transform">Makes rows of this view of them; pure. Null when the columns fit.</param>
    /// <returns>The source.</returns>
    public static FeatureViewSource Features(string service, string at, Func<DataFrame, DataFrame>? transform = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(service);
        ArgumentException.ThrowIfNullOrEmpty(at);
        return new DerivedViewSource(at, service, transform);
    }
}
