using System.Globalization;
using System.Text.Json;
using MlOps.Learning;
using MlOps.Registry;
using MlOps.Reporting;

namespace MlOps;

/// <summary>The sections of a lifecycle report; each reads what it needs and adds itself when there is something to show.</summary>
internal sealed partial class LifecycleSections(IMlOpsEnvironments environments, string model, LifecycleReportOptions options)
{
    public async ValueTask AddSummaryAsync(HtmlReport report, CancellationToken cancellationToken)
    {
        var rows = new List<IReadOnlyList<string>>();
        var tiles = options.Facts.Select(fact => new Tile(fact.Key, fact.Value)).ToList();
        foreach (var environment in environments)
        {
            var aliases = await environment.Models.GetAliasesAsync(model, cancellationToken).ConfigureAwait(false);
            var versions = await environment.Models.ListAsync(model, cancellationToken: cancellationToken).ConfigureAwait(false);
            tiles.Add(new Tile(environment.Name, versions.Count == 1 ? "1 version" : Text($"{versions.Count} versions"),
                aliases.TryGetValue(ModelAliases.Champion, out var champion) ? Text($"champion is version {champion}") : "no champion"));
            rows.AddRange(versions.Select(version => (IReadOnlyList<string>)
            [
                environment.Name, Text($"{version.Version}"), string.Join(", ", aliases.Where(alias => alias.Value == version.Version).Select(alias => alias.Key)),
                version.Tags.GetValueOrDefault("algorithm", ""),
                string.Join(", ", version.Metrics.OrderBy(metric => metric.Key, StringComparer.Ordinal).Select(metric => Text($"{metric.Key} {metric.Value:F4}"))),
                version.Provenance is { } origin ? $"{origin.Strategy} of {origin.Environment}/{origin.Version}" : "trained here",
                environment.Models.CheckCompleteness(version) is { IsComplete: false } gaps ? "lacks " + string.Join(", ", gaps.Missing) : "all eight kinds",
                version.Manifest.Digest[7..19],
            ]));
        }

        report.Section("Summary", section => section
            .Tiles(tiles)
            .Table(new ReportTable(["Environment", "Version", "Alias", "Algorithm", "Validation", "Origin", "Artifacts", "Manifest"], rows, "Versions")));
    }

    public async ValueTask AddEvaluationAsync(HtmlReport report, CancellationToken cancellationToken)
    {
        var curves = new List<LineSeries>();
        var calibration = new List<CalibrationSeries>();
        foreach (var environment in environments)
        {
            var versions = await environment.Models.ListAsync(model, limit: 1, cancellationToken: cancellationToken).ConfigureAwait(false);
            foreach (var version in versions)
            {
                if (version.Find(ModelArtifactKind.ExperimentArtifacts, ModelArtifactNames.Evaluation) is not { } artifact)
                    continue;
                var json = await environment.Context.Artifacts.GetBytesAsync(artifact.Content, 16 << 20, cancellationToken).ConfigureAwait(false);
                var evaluation = JsonSerializer.Deserialize(json, EvaluationJsonContext.Default.BinaryEvaluation)!;
                var name = $"{environment.Name} {version.Version}";
                curves.Add(new LineSeries(Text($"{name} (AUC {evaluation.Auc.Estimate:F3})"),
                    [.. evaluation.RocCurve.Select(point => point.FalsePositiveRate)], [.. evaluation.RocCurve.Select(point => point.TruePositiveRate)]));
                calibration.Add(new CalibrationSeries(name,
                    [.. evaluation.Calibration.Where(bin => bin.Rows > 0).Select(bin => new Reporting.CalibrationBin(bin.MeanProbability, bin.PositiveRate, bin.Rows))]));
            }
        }

        if (curves.Count == 0)
            return;
        report.Section("Evaluation on held-out data", section => section.Plot(
            new LinePlot
            {
                Title = "ROC curve", X = new PlotAxis("False positive rate", Min: 0, Max: 1), Y = new PlotAxis("True positive rate", Min: 0, Max: 1),
                Series = curves, Diagonal = true, Note = "The newest version of each environment on its own validation period.",
            },
            new CalibrationPlot { Title = "Calibration", Series = calibration, Note = "Predicted probability against the observed rate." }));
    }

    public async ValueTask AddAuditAsync(HtmlReport report, CancellationToken cancellationToken)
    {
        var rows = new List<IReadOnlyList<string>>();
        var broken = new List<string>();
        foreach (var environment in environments)
        {
            if (await environment.Context.Audit.VerifyAsync(cancellationToken).ConfigureAwait(false) is { } sequence)
                broken.Add(Text($"{environment.Name}: record {sequence} does not fit the chain"));
            var records = await environment.Context.Audit.ReadAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
            rows.AddRange(records.TakeLast(15).Select(record => (IReadOnlyList<string>)
                [environment.Name, Text($"{record.Sequence}"), Short(record.Time), record.Actor, record.Entry.Operation, record.Entry.Subject, record.Entry.Reason, record.Hash[..12]]));
        }

        report.Section("Audit trail", section => section
            .Text(broken.Count == 0 ? "Every record fits the hash chain of its environment." : string.Join("; ", broken) + ".")
            .Table(new ReportTable(["Environment", "No.", "Time", "Actor", "Operation", "Subject", "Reason", "Hash"], rows, "The last acts in each environment")));
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Short(Timestamp moment) => moment.ToDateTimeOffset().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
}
