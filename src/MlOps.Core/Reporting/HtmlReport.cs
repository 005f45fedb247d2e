using System.Globalization;
using System.Text;
using MlOps.Reporting.Rendering;

namespace MlOps.Reporting;

/// <summary>
/// A report as one HTML file that needs nothing else: style and plots are inside, there is no script, it follows the reader's light or dark
/// setting, reads on a telephone and prints. The same content gives the same bytes. Not thread-safe.
/// </summary>
public sealed class HtmlReport
{
    private const double NarrowWidth = 360;
    private const double HalfWidth = 540;
    private const double WholeWidth = 1090;

    private readonly List<ReportSection> _sections = [];
    private readonly string _title;
    private readonly string? _subtitle;

    /// <summary>An empty report.</summary>
    /// <param name="title">The title, plain text.</param>
    /// <param name="subtitle">A line below it, such as environment, run and date; null for none.</param>
    public HtmlReport(string title, string? subtitle = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(title);
        _title = title;
        _subtitle = subtitle;
    }

    /// <summary>Appends a section.</summary>
    /// <param name="title">Its heading, plain text.</param>
    /// <param name="fill">Fills it.</param>
    /// <returns>This report.</returns>
    public HtmlReport Section(string title, Action<ReportSection> fill)
    {
        ArgumentException.ThrowIfNullOrEmpty(title);
        ArgumentNullException.ThrowIfNull(fill);
        var section = new ReportSection(title);
        fill(section);
        _sections.Add(section);
        return this;
    }

    /// <summary>The whole file.</summary>
    /// <returns>HTML, also well-formed as XML apart from its first line.</returns>
    public string ToHtml()
    {
        var html = new StringBuilder();
        html.Append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n");
        html.Append("<meta name=\"color-scheme\" content=\"light dark\"/>\n<title>").Append(Escape(_title)).Append("</title>\n<style>\n").Append(ReportStyle.Css).Append("</style>\n</head>\n<body>\n<main>\n");
        html.Append("<header><h1>").Append(Escape(_title)).Append("</h1>");
        if (_subtitle is not null)
            html.Append("<p class=\"subtitle\">").Append(Escape(_subtitle)).Append("</p>");
        if (_sections.Count > 2)
            AppendContents(html);
        html.Append("</header>\n");
        for (var i = 0; i < _sections.Count; i++)
            AppendSection(html, _sections[i], i);
        return html.Append("</main>\n</body>\n</html>\n").ToString();
    }

    /// <summary>Writes the whole file in UTF-8.</summary>
    /// <param name="stream">Where to; not closed.</param>
    /// <param name="cancellationToken">Stops the writing.</param>
    /// <returns>When all is written.</returns>
    public async Task WriteAsync(Stream stream, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        await stream.WriteAsync(Encoding.UTF8.GetBytes(ToHtml()), cancellationToken).ConfigureAwait(false);
    }

    private void AppendContents(StringBuilder html)
    {
        html.Append("<nav aria-label=\"Contents\">");
        for (var i = 0; i < _sections.Count; i++)
            html.Append(CultureInfo.InvariantCulture, $"<a href=\"#s{i + 1}\">{Escape(_sections[i].Title)}</a>");
        html.Append("</nav>");
    }

    private static void AppendSection(StringBuilder html, ReportSection section, int number)
    {
        html.Append(CultureInfo.InvariantCulture, $"<section id=\"s{number + 1}\">\n<h2>{Escape(section.Title)}</h2>\n");
        var inPlots = false;
        for (var i = 0; i < section.Parts.Count; i++)
        {
            var part = section.Parts[i];
            if (part is Plot != inPlots)
                html.Append(inPlots ? "</div>\n" : "<div class=\"plots\">\n");
            inPlots = part is Plot;
            switch (part)
            {
                case Plot plot:
                    // A plot without a neighbour would leave half a row empty.
                    AppendPlot(html, plot, plot.FullWidth || IsAlone(section.Parts, i));
                    break;
                case ReportTable table:
                    AppendTable(html, table);
                    break;
                case Tile[] tiles:
                    AppendTiles(html, tiles);
                    break;
                case ReportSection.HeadingPart heading:
                    html.Append("<h3>").Append(Escape(heading.Text)).Append("</h3>\n");
                    break;
                case ReportSection.TextPart text:
                    foreach (var paragraph in text.Text.ReplaceLineEndings("\n").Split("\n\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
                        html.Append("<p>").Append(Escape(paragraph)).Append("</p>\n");
                    break;
            }
        }

        html.Append(inPlots ? "</div>\n</section>\n" : "</section>\n");
    }

    private static bool IsAlone(IReadOnlyList<object> parts, int at)
    {
        var first = at;
        while (first > 0 && parts[first - 1] is Plot { FullWidth: false })
            first--;
        var last = at;
        while (last + 1 < parts.Count && parts[last + 1] is Plot { FullWidth: false })
            last++;
        return at == last && (last - first) % 2 == 0;
    }

    private static void AppendPlot(StringBuilder html, Plot plot, bool whole)
    {
        html.Append(whole ? "<figure class=\"whole\">" : "<figure>").Append("<figcaption>").Append(Escape(plot.Title)).Append("</figcaption>");
        var legend = PlotRenderer.Legend(plot);
        if (legend.Count > 0)
        {
            html.Append("<ul class=\"legend\">");
            foreach (var (text, css) in legend)
                html.Append("<li><svg class=\"").Append(css).Append("\" viewBox=\"0 0 22 12\" aria-hidden=\"true\">").Append(Swatch(css)).Append("</svg>").Append(Escape(text)).Append("</li>");
            html.Append("</ul>");
        }

        // Two drawings, one of which the style shows: text keeps its size on narrow screens without a script.
        html.Append(PlotRenderer.Draw(plot, whole ? WholeWidth : HalfWidth, "wide")).Append(PlotRenderer.Draw(plot, NarrowWidth, "narrow"));
        if (plot.Note is not null)
            html.Append("<p class=\"note\">").Append(Escape(plot.Note)).Append("</p>");
        html.Append("</figure>\n");
    }

    private static string Swatch(string css)
    {
        var kind = css["key ".Length..];
        return kind switch
        {
            _ when kind.StartsWith("area", StringComparison.Ordinal) => $"<rect class=\"{kind}\" x=\"2\" y=\"1\" width=\"18\" height=\"10\" rx=\"2\"/>",
            "dot s0" => "<circle class=\"point s0\" cx=\"11\" cy=\"6\" r=\"3.5\"/>",
            "median" => "<line class=\"median\" x1=\"11\" y1=\"0\" x2=\"11\" y2=\"12\"/>",
            "diagonal" or "whisker" => $"<line class=\"{kind}\" x1=\"0\" y1=\"6\" x2=\"22\" y2=\"6\"/>",
            _ => $"<line class=\"line {kind}\" x1=\"0\" y1=\"6\" x2=\"22\" y2=\"6\"/>",
        };
    }

    private static void AppendTiles(StringBuilder html, Tile[] tiles)
    {
        html.Append("<dl class=\"tiles\">\n");
        foreach (var tile in tiles)
        {
            var (css, mark) = tile.Tone switch
            {
                TileTone.Good => (" good", "✓ "),
                TileTone.Warning => (" warning", "! "),
                TileTone.Bad => (" bad", "✕ "),
                _ => ("", ""),
            };
            html.Append(CultureInfo.InvariantCulture, $"<div class=\"tile{css}\"><dt>{Escape(tile.Label)}</dt><dd class=\"figure\">{Escape(tile.Value)}</dd>");
            if (tile.Note is not null)
                html.Append(CultureInfo.InvariantCulture, $"<dd class=\"hint\">{mark}{Escape(tile.Note)}</dd>");
            html.Append("</div>\n");
        }

        html.Append("</dl>\n");
    }

    private static void AppendTable(StringBuilder html, ReportTable table)
    {
        var numeric = Enumerable.Range(0, table.Columns.Count).Select(c => table.Rows.Count > 0 && table.Rows.All(row => c >= row.Count || IsNumber(row[c]))).ToArray();
        html.Append("<div class=\"scroll\"><table>");
        if (table.Title is not null)
            html.Append("<caption>").Append(Escape(table.Title)).Append("</caption>");
        html.Append("<thead><tr>");
        for (var c = 0; c < numeric.Length; c++)
            html.Append(numeric[c] ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">").Append(Escape(table.Columns[c])).Append("</th>");
        html.Append("</tr></thead>\n<tbody>");
        foreach (var row in table.Rows)
        {
            html.Append("<tr>");
            for (var c = 0; c < numeric.Length; c++)
                html.Append(numeric[c] ? "<td class=\"n\">" : "<td>").Append(c < row.Count ? Escape(row[c]) : "").Append("</td>");
            html.Append("</tr>\n");
        }

        html.Append("</tbody></table></div>\n");
    }

    private static bool IsNumber(string text)
    {
        var first = text.Split(' ')[0].TrimEnd('%', 'k', 'M', 'G').Replace(",", "", StringComparison.Ordinal);
        return text is "" or "–" || double.TryParse(first, NumberStyles.Float, CultureInfo.InvariantCulture, out _);
    }

    private static string Escape(string text) => SvgWriter.Escape(text);
}
