using System.Globalization;
using MlOps.Reporting;

namespace MlOps.Registry;

/// <summary>Runs side by side. Rows are in the order of their names.</summary>
/// <param name="Runs">The runs in the order asked for.</param>
/// <param name="Parameters">Parameters.</param>
/// <param name="Metrics">The latest values of metrics.</param>
/// <param name="Tags">Labels.</param>
public sealed record RunComparison(
    IReadOnlyList<RunRecord> Runs, IReadOnlyList<ComparedRow<string>> Parameters, IReadOnlyList<ComparedRow<double?>> Metrics, IReadOnlyList<ComparedRow<string>> Tags)
{
    /// <summary>The comparison as a table for a report, one column per run.</summary>
    /// <returns>The table.</returns>
    public ReportTable ToTable()
    {
        var rows = new List<IReadOnlyList<string>>();
        rows.AddRange(Parameters.Select(row => Row("parameter", row.Name, row.Values.Select(value => value ?? "–"))));
        rows.AddRange(Metrics.Select(row => Row("metric", row.Name, row.Values.Select(value => value?.ToString("G6", CultureInfo.InvariantCulture) ?? "–"))));
        rows.AddRange(Tags.Select(row => Row("tag", row.Name, row.Values.Select(value => value ?? "–"))));
        return new ReportTable(["Kind", "Name", .. Runs.Select(run => run.Name.Length > 0 ? run.Name : run.Id)], rows);
    }

    internal static RunComparison Of(IReadOnlyList<RunRecord> runs, bool includeEqual) => new(
        runs,
        Texts(runs, run => run.Parameters, includeEqual),
        Rows<double?>(runs, run => run.Metrics.Keys, (run, name) => run.Metrics.TryGetValue(name, out var value) ? value : null, includeEqual),
        Texts(runs, run => run.Tags, includeEqual));

    private static ComparedRow<string>[] Texts(IReadOnlyList<RunRecord> runs, Func<RunRecord, IReadOnlyDictionary<string, string>> map, bool includeEqual) =>
        Rows<string>(runs, run => map(run).Keys, (run, name) => map(run).GetValueOrDefault(name), includeEqual);

    private static ComparedRow<T>[] Rows<T>(IReadOnlyList<RunRecord> runs, Func<RunRecord, IEnumerable<string>> names, Func<RunRecord, string, T?> value, bool includeEqual) =>
        [.. runs.SelectMany(names).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(name => Row<T>(name, [.. runs.Select(run => value(run, name))]))
            .Where(row => includeEqual || row.Differs)];

    private static ComparedRow<T> Row<T>(string name, T?[] values) =>
        new(name, values, values.Any(other => !EqualityComparer<T?>.Default.Equals(other, values[0])));

    private static IReadOnlyList<string> Row(string kind, string name, IEnumerable<string> values) => [kind, name, .. values];
}
