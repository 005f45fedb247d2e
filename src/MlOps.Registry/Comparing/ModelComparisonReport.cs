using System.Globalization;
using MlOps.Reporting;

namespace MlOps.Registry;

/// <summary>Writes comparisons into reports.</summary>
public static class ModelComparisonReport
{
    private const int MostRows = 50;

    /// <summary>Appends what differs between two versions: tables of metrics, parameters, data, code, dependencies, signature and artifacts.</summary>
    /// <param name="section">The section.</param>
    /// <param name="comparison">The comparison.</param>
    /// <returns>The section.</returns>
    public static ReportSection Comparison(this ReportSection section, ModelComparison comparison)
    {
        ArgumentNullException.ThrowIfNull(section);
        ArgumentNullException.ThrowIfNull(comparison);
        var (before, after) = (comparison.Baseline.ToString(), comparison.Candidate.ToString());
        section.Text($"{after} compared with {before}. " +
            (comparison.Compatibility.IsCompatible ? $"Callers of {before} can call it." : $"Callers of {before} would break."));
        Add("Metrics", comparison.Metrics.Select(metric => (metric.Name, Number(metric.Baseline), Number(metric.Candidate))));
        Add("Hyper-parameters that differ", Texts(comparison.HyperParameters));
        Add("Run parameters that differ", Texts(comparison.RunParameters));
        Add("Data that differ", Texts(comparison.Data));
        Add("Code that differs", Texts(comparison.Code));
        Add("Packages that differ", Texts(comparison.Dependencies));
        Add("Platforms that differ", Texts(comparison.Platform));
        Add("Artifacts", comparison.ArtifactDifferences.Select(artifact =>
            ($"{artifact.Kind}/{artifact.Name}", Content(artifact.Baseline), artifact.IsSame ? "same" : Content(artifact.Candidate))));
        if (comparison.Compatibility.Changes.Count > 0)
        {
            section.Table(new ReportTable(
                ["What", "Change", "Callers"], [.. comparison.Compatibility.Changes.Select(change => (IReadOnlyList<string>)[change.Subject, change.Message, change.IsBreaking ? "break" : "keep working"])],
                "Signature"));
        }

        return section;

        void Add(string title, IEnumerable<(string Name, string Before, string After)> rows)
        {
            var all = rows.Select(row => (IReadOnlyList<string>)[row.Name, row.Before, row.After]).ToArray();
            if (all.Length > 0)
                section.Table(new ReportTable(["", before, after], [.. all.Take(MostRows)], all.Length > MostRows ? $"{title} ({MostRows} of {all.Length})" : title));
        }
    }

    private static IEnumerable<(string, string, string)> Texts(IReadOnlyList<ValueDifference<string?>> differences) =>
        differences.Select(value => (value.Name, value.Baseline ?? "–", value.Candidate ?? "–"));

    private static string Number(double? value) => value?.ToString("0.######", CultureInfo.InvariantCulture) ?? "–";

    private static string Content(ArtifactRef? content) =>
        content is null ? "–" : string.Create(CultureInfo.InvariantCulture, $"{content.ParsedDigest.Hex[..12]} ({content.Size:N0} bytes)");
}
