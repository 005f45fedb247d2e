namespace MlOps.Reporting;

/// <summary>A section of a report, filled in order. Not thread-safe.</summary>
public sealed class ReportSection
{
    private readonly List<object> _parts = [];

    internal ReportSection(string title) => Title = title;

    internal string Title { get; }

    internal IReadOnlyList<object> Parts => _parts;

    /// <summary>A smaller heading within the section.</summary>
    /// <param name="text">The heading, plain text.</param>
    /// <returns>This section.</returns>
    public ReportSection Heading(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        _parts.Add(new HeadingPart(text));
        return this;
    }

    /// <summary>A paragraph; an empty line begins another one.</summary>
    /// <param name="text">Plain text; it is escaped.</param>
    /// <returns>This section.</returns>
    public ReportSection Text(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        _parts.Add(new TextPart(text));
        return this;
    }

    /// <summary>Key figures in a row.</summary>
    /// <param name="tiles">The figures.</param>
    /// <returns>This section.</returns>
    public ReportSection Tiles(params IEnumerable<Tile> tiles)
    {
        ArgumentNullException.ThrowIfNull(tiles);
        _parts.Add(tiles.ToArray());
        return this;
    }

    /// <summary>A table.</summary>
    /// <param name="table">The table.</param>
    /// <returns>This section.</returns>
    public ReportSection Table(ReportTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        _parts.Add(table);
        return this;
    }

    /// <summary>Plots; neighbours stand side by side where there is room.</summary>
    /// <param name="plots">The plots.</param>
    /// <returns>This section.</returns>
    public ReportSection Plot(params IEnumerable<Plot> plots)
    {
        ArgumentNullException.ThrowIfNull(plots);
        _parts.AddRange(plots);
        return this;
    }

    internal sealed record HeadingPart(string Text);

    internal sealed record TextPart(string Text);
}
