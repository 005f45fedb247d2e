using System.Globalization;
using System.Text;

namespace MlOps.Reporting.Rendering;

/// <summary>Writes SVG elements with invariant, finite coordinates and escaped text.</summary>
internal sealed class SvgWriter
{
    private readonly StringBuilder _text = new();

    public SvgWriter(double width, double height, string title, string variant)
    {
        _text.Append(CultureInfo.InvariantCulture, $"<svg class=\"{variant}\" viewBox=\"0 0 {N(width)} {N(height)}\" xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"{Escape(title)}\">");
    }

    public static string N(double value)
    {
        if (!double.IsFinite(value))
            value = 0;
        value = Math.Round(Math.Clamp(value, -1e6, 1e6), 2);
        return (value == 0 ? 0 : value).ToString("0.##", CultureInfo.InvariantCulture);
    }

    // Characters that XML forbids would make the whole file unreadable for strict parsers.
    public static string Escape(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return "";
        var safe = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                safe.Append(c).Append(text[++i]);
                continue;
            }

            safe.Append(c switch
            {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                '"' => "&quot;",
                '\'' => "&#39;",
                '\t' or '\n' or '\r' => c.ToString(),
                < ' ' or '\uFFFE' or '\uFFFF' => "\uFFFD",
                _ when char.IsSurrogate(c) => "\uFFFD",
                _ => c.ToString(),
            });
        }

        return safe.ToString();
    }

    public void Line(double x1, double y1, double x2, double y2, string css) =>
        _text.Append(CultureInfo.InvariantCulture, $"<line class=\"{css}\" x1=\"{N(x1)}\" y1=\"{N(y1)}\" x2=\"{N(x2)}\" y2=\"{N(y2)}\"/>");

    public void Rect(double x, double y, double width, double height, string css, string? title = null, double radius = 0, double opacity = 1)
    {
        _text.Append(CultureInfo.InvariantCulture, $"<rect class=\"{css}\" x=\"{N(x)}\" y=\"{N(y)}\" width=\"{N(Math.Max(0, width))}\" height=\"{N(Math.Max(0, height))}\"");
        if (radius > 0)
            _text.Append(CultureInfo.InvariantCulture, $" rx=\"{N(radius)}\"");
        if (opacity < 1)
            _text.Append(CultureInfo.InvariantCulture, $" fill-opacity=\"{N(opacity)}\"");
        Close("rect", title);
    }

    public void Circle(double x, double y, double radius, string css, string? title = null)
    {
        _text.Append(CultureInfo.InvariantCulture, $"<circle class=\"{css}\" cx=\"{N(x)}\" cy=\"{N(y)}\" r=\"{N(radius)}\"");
        Close("circle", title);
    }

    public void Path(string data, string css, string? title = null)
    {
        _text.Append(CultureInfo.InvariantCulture, $"<path class=\"{css}\" d=\"{data}\"");
        Close("path", title);
    }

    public void Text(double x, double y, string text, string css, string anchor = "start", string? title = null, double rotate = 0)
    {
        _text.Append(CultureInfo.InvariantCulture, $"<text class=\"{css}\" x=\"{N(x)}\" y=\"{N(y)}\" text-anchor=\"{anchor}\"");
        if (rotate != 0)
            _text.Append(CultureInfo.InvariantCulture, $" transform=\"rotate({N(rotate)} {N(x)} {N(y)})\"");
        _text.Append('>').Append(Escape(text));
        if (title is not null)
            _text.Append("<title>").Append(Escape(title)).Append("</title>");
        _text.Append("</text>");
    }

    public string Finish() => _text.Append("</svg>").ToString();

    private void Close(string element, string? title)
    {
        if (title is null)
            _text.Append("/>");
        else
            _text.Append("><title>").Append(Escape(title)).Append("</title></").Append(element).Append('>');
    }
}
