using System.Globalization;
using MlOps.Reporting;

namespace MlOps;

public sealed partial record DataProfile
{
    /// <summary>The profile as one HTML page with plots: missing shares, histograms, correlation heat maps, top values. It needs nothing else and has no script.</summary>
    /// <param name="title">The page's title.</param>
    /// <returns>The page.</returns>
    public string ToHtml(string title = "Data profile") => Report(title).ToHtml();

    /// <summary>Writes the page of <see cref="ToHtml"/> in UTF-8.</summary>
    /// <param name="path">The file; replaced when it is there.</param>
    /// <param name="title">The page's title.</param>
    /// <param name="cancellationToken">Stops the writing.</param>
    /// <returns>When all is written.</returns>
    public async Task SaveHtmlAsync(string path, string title = "Data profile", CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        await File.WriteAllTextAsync(path, ToHtml(title), cancellationToken).ConfigureAwait(false);
    }

    private HtmlReport Report(string title) =>
        new HtmlReport(title, string.Create(CultureInfo.InvariantCulture, $"{Rows:N0} rows, {Columns.Count} columns")).Section("Profile", section => section.Profile(this));
}
