using MlOps.Monitoring;
using MlOps.Orchestration;
using MlOps.Reporting;
using MlOps.Serving;

namespace MlOps;

internal sealed partial class LifecycleSections
{
    private const int DriftedColumnsShown = 12;

    public async ValueTask AddPipelinesAsync(HtmlReport report, CancellationToken cancellationToken)
    {
        var plots = new List<Plot>();
        foreach (var environment in environments)
        {
            var latest = await environment.Pipelines.ListAsync(new PipelineRunQuery { Limit = 20 }, cancellationToken).ConfigureAwait(false);
            foreach (var summary in latest.OrderBy(run => run.CreatedAt))
            {
                var run = await environment.Pipelines.GetAsync(summary.Id, cancellationToken).ConfigureAwait(false);
                if (run.Definition is null || run.StartedAt is not { } start)
                    continue;
                if (plots.Count == 0)
                    plots.Add(Graph(run));
                plots.Add(new GanttPlot
                {
                    Title = Text($"{environment.Name}: {run.Pipeline}, {run.Status}"), FullWidth = true,
                    Note = run.Reason.Length > 0 ? run.Reason : $"Run {run.Id}, started by {run.StartedBy}.",
                    Spans = [.. run.Steps.Where(step => step is { StartedAt: not null, Kind: StepKind.Step }).Select(step => new GanttSpan(
                        step.Name, (step.StartedAt!.Value - start).TotalSeconds, ((step.EndedAt ?? step.StartedAt.Value) - start).TotalSeconds, StateOf(step),
                        step.CachedFrom is not null ? "cached" : null))],
                });
            }
        }

        if (plots.Count > 0)
            report.Section("Pipelines", section => section.Plot(plots));
    }

    public async ValueTask AddPromotionsAsync(HtmlReport report, CancellationToken cancellationToken)
    {
        var promotions = new List<IReadOnlyList<string>>();
        var gates = new List<IReadOnlyList<string>>();
        foreach (var environment in environments)
        {
            foreach (var promotion in await environment.Promotions.ListAsync(model, cancellationToken: cancellationToken).ConfigureAwait(false))
            {
                if (promotion.Target != environment.Name)
                    continue;
                promotions.Add([
                    $"{promotion.Source} → {promotion.Target}", promotion.Version.ToString(), promotion.Options.Strategy.ToString(), promotion.State.ToString(),
                    promotion.Result?.ToString() ?? "", promotion.RequestedBy, Short(promotion.RequestedAt), promotion.Detail]);
                gates.AddRange(promotion.Gates.Select(gate => (IReadOnlyList<string>)
                    [$"{promotion.Source} → {promotion.Target}", promotion.Version.ToString(), gate.Gate, gate.Measured, gate.Bound, gate.Passed ? "passed" : "refused"]));
            }
        }

        if (promotions.Count > 0)
        {
            report.Section("Promotions", section => section
                .Table(new ReportTable(["Route", "Version", "Strategy", "State", "Became", "By", "Time", "Detail"], promotions))
                .Table(new ReportTable(["Route", "Version", "Gate", "Measured", "Bound", "Result"], gates, "Gates")));
        }
    }

    public async ValueTask AddLiveAsync(HtmlReport report, CancellationToken cancellationToken)
    {
        var plots = new List<Plot>();
        var tables = new List<ReportTable>();
        foreach (var environment in environments)
        {
            foreach (var drift in await environment.Monitors.GetDriftReportsAsync(model, cancellationToken).ConfigureAwait(false))
            {
                if (drift.Columns.Count > 0)
                    plots.Add(DriftBars(environment.Name, drift));
            }

            if (await QualityAsync(environment, cancellationToken).ConfigureAwait(false) is { } quality)
                tables.Add(quality);
            var changes = await environment.Endpoints[model].GetHistoryAsync(cancellationToken).ConfigureAwait(false);
            if (changes.Count > 0)
            {
                tables.Add(new ReportTable(["Revision", "Time", "Traffic", "Reason", "By"], [.. changes.OrderBy(change => change.Revision).Select(change => (IReadOnlyList<string>)
                    [Text($"{change.Revision}"), Short(change.ChangedAt), Describe(change.Policy), change.Reason, change.ChangedBy])], $"Traffic in {environment.Name}"));
            }
        }

        var boxes = options.LatenciesMs.Where(series => series.Value.Count > 0).Select(series => PercentileBox.From(series.Key, [.. series.Value])).ToArray();
        if (boxes.Length > 0)
            plots.Insert(0, new PercentilePlot { Title = "Latency of single predictions", Value = new PlotAxis("Latency", "ms", AxisScale.Log), Boxes = boxes });
        if (plots.Count + tables.Count == 0)
            return;
        report.Section("Live", section =>
        {
            section.Plot(plots);
            foreach (var table in tables)
                section.Table(table);
        });
    }

    private async ValueTask<ReportTable?> QualityAsync(IMlOpsEnvironment environment, CancellationToken cancellationToken)
    {
        var rows = new List<IReadOnlyList<string>>();
        foreach (var (from, to) in options.QualityWindows)
        {
            var quality = await environment.Monitors.CheckQualityAsync(model, from, to, cancellationToken).ConfigureAwait(false);
            rows.AddRange(quality.Versions.Select(entry => (IReadOnlyList<string>)
            [
                $"{Short(from)} to {Short(to)}", entry.Version, entry.Variant, Text($"{entry.Rows}"), Text($"{entry.Waiting}"), Text($"{entry.PositiveRate:P1}"),
                Text($"{entry.Auc:F4}"), Text($"{entry.LogLoss:F4}"), Text($"{entry.Brier:F4} ± {1.96 * entry.BrierStandardError:F4}"),
            ]));
        }

        return rows.Count == 0 ? null : new ReportTable(["Window", "Version", "Variant", "Outcomes", "Waiting", "Positives", "AUC", "Log loss", "Brier"], rows, $"Live quality in {environment.Name}");
    }

    private static BarPlot DriftBars(string environment, DriftReport drift) => new()
    {
        Title = Text($"Drift in {environment}, {Short(drift.From)} to {Short(drift.To)}"),
        Note = Text($"{drift.Version}, {drift.Rows} predictions, {drift.DriftedShare:P0} of the columns drifted: {(drift.Drifted ? "alarm" : "no alarm")}."),
        Value = new PlotAxis("Population stability index", Min: 0),
        Threshold = new DriftRule().MinimumIndex,
        Bars = [.. drift.Columns.OrderByDescending(column => column.Index).Take(DriftedColumnsShown).Select(column => new Bar(column.Column, column.Index))],
    };

    private static DagPlot Graph(PipelineRun run)
    {
        var definition = run.Definition!;
        return new DagPlot
        {
            Title = $"Pipeline {definition.Name}", FullWidth = true,
            Nodes = [.. definition.Steps.Select(step => new DagNode(step.Name, step.Name, StateOf(run[step.Name])))],
            Edges = [.. definition.Steps.SelectMany(step => step.Inputs.Concat(step.After).Append(step.Condition).OfType<string>().Distinct()
                .Where(input => definition.Steps.Any(other => other.Name == input)).Select(input => new DagEdge(input, step.Name)))],
        };
    }

    private static PlotState StateOf(StepRun step) => step switch
    {
        { CachedFrom: not null } => PlotState.Cached,
        { Status: PipelineStatus.Completed } => PlotState.Succeeded,
        { Status: PipelineStatus.Running } => PlotState.Running,
        { Status: PipelineStatus.Skipped } => PlotState.Skipped,
        { Status: PipelineStatus.Failed or PipelineStatus.Cancelled } => PlotState.Failed,
        _ => PlotState.Waiting,
    };

    private static string Describe(TrafficPolicy? policy) =>
        policy is null ? "none" : string.Join(", ", policy.Shares.Select(share => Text($"{share.Version} ({share.Variant}) {share.Weight:P0}")));
}
