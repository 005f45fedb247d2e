using System.Globalization;
using MlOps.Reporting;

namespace MlOps.Registry;

/// <summary>
/// A run as one self-contained HTML page, or as sections of another report: facts, note, parameters, inputs, metrics with their histories, plots,
/// and what the machine did. Made from the store alone.
/// </summary>
public static class RunReport
{
    private const string SystemPrefix = "system/";

    /// <summary>Makes the report of a run.</summary>
    /// <param name="experiments">The experiments.</param>
    /// <param name="runId">The run.</param>
    /// <param name="options">What goes in; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The report.</returns>
    /// <exception cref="NotFoundException">There is no such run.</exception>
    public static async ValueTask<HtmlReport> CreateReportAsync(
        this IExperiments experiments, string runId, RunReportOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(experiments);
        var run = await experiments.GetRunAsync(runId, cancellationToken).ConfigureAwait(false);
        var report = new HtmlReport(run.Name.Length > 0 ? run.Name : $"Run {run.Id}", $"Experiment {run.Experiment}, run {run.Id}");
        await AddAsync(report, experiments, run, options ?? new RunReportOptions(), cancellationToken).ConfigureAwait(false);
        return report;
    }

    /// <summary>Adds the sections of a run to a report.</summary>
    /// <param name="report">The report.</param>
    /// <param name="experiments">The experiments.</param>
    /// <param name="runId">The run.</param>
    /// <param name="options">What goes in; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that ends when they are added.</returns>
    /// <exception cref="NotFoundException">There is no such run.</exception>
    public static async ValueTask AddRunAsync(
        this HtmlReport report, IExperiments experiments, string runId, RunReportOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(experiments);
        var run = await experiments.GetRunAsync(runId, cancellationToken).ConfigureAwait(false);
        await AddAsync(report, experiments, run, options ?? new RunReportOptions(), cancellationToken).ConfigureAwait(false);
    }

    private static async ValueTask AddAsync(
        HtmlReport report, IExperiments experiments, RunRecord run, RunReportOptions options, CancellationToken cancellationToken)
    {
        var notes = await experiments.GetRunNotesAsync(run.Id, cancellationToken).ConfigureAwait(false);
        report.Section("Summary", section => AddSummary(section, run, notes.Count > 0 ? notes[0].Text : ""));
        if (run.Parameters.Count + run.Inputs.Count > 0)
            report.Section("Parameters and inputs", section => AddInputs(section, run));

        var curves = await CurvesAsync(experiments, run, name => !IsSystem(name), options, cancellationToken).ConfigureAwait(false);
        var figures = run.Metrics.Where(metric => !IsSystem(metric.Key)).OrderBy(metric => metric.Key, StringComparer.Ordinal).ToArray();
        if (figures.Length > 0)
        {
            report.Section("Metrics", section => section
                .Table(new ReportTable(["Metric", "Latest"], [.. figures.Select(metric => (IReadOnlyList<string>)[metric.Key, Text(metric.Value)])]))
                .Plot(curves));
        }

        var plots = new List<Plot>();
        foreach (var name in await experiments.ListPlotsAsync(run.Id, cancellationToken).ConfigureAwait(false))
            plots.Add(await experiments.GetPlotAsync(run.Id, name, cancellationToken).ConfigureAwait(false));
        if (plots.Count > 0)
            report.Section("Plots", section => section.Plot(plots));

        if (!options.SystemMetrics)
            return;
        var system = await CurvesAsync(experiments, run, IsSystem, options, cancellationToken).ConfigureAwait(false);
        if (system.Count > 0)
            report.Section("Machine", section => section.Plot(system));
    }

    private static void AddSummary(ReportSection section, RunRecord run, string note)
    {
        var tone = run.Status switch
        {
            RunStatus.Completed => TileTone.Good,
            RunStatus.Failed or RunStatus.Lost => TileTone.Bad,
            _ => TileTone.Neutral,
        };
        section.Tiles(
            new Tile("Status", run.Status.ToString(), Tone: tone),
            new Tile("Started", run.StartedAt.ToString()),
            new Tile("Took", run.EndedAt is { } ended ? (ended - run.StartedAt).ToString("c", CultureInfo.InvariantCulture) : "going on"));
        if (run.Tags.Count > 0)
            section.Table(new ReportTable(["Tag", "Value"], Rows(run.Tags)));
        if (note.Length > 0)
            section.Heading("Note").Text(note);
        if (run.Error is { } error)
            section.Heading("Error").Text(error);
    }

    private static void AddInputs(ReportSection section, RunRecord run)
    {
        if (run.Parameters.Count > 0)
            section.Table(new ReportTable(["Parameter", "Value"], Rows(run.Parameters)));
        if (run.Inputs.Count > 0)
        {
            section.Table(new ReportTable(["Input", "Role", "Rows", "Digest", "Source"], [.. run.Inputs.Select(input => (IReadOnlyList<string>)
                [input.Name, input.Role, input.Rows?.ToString(CultureInfo.InvariantCulture) ?? "–", input.Digest, input.Source ?? "–"])], "Inputs"));
        }
    }

    private static async ValueTask<IReadOnlyList<Plot>> CurvesAsync(
        IExperiments experiments, RunRecord run, Func<string, bool> wanted, RunReportOptions options, CancellationToken cancellationToken)
    {
        var plots = new List<Plot>();
        foreach (var name in run.Metrics.Keys.Where(wanted).Order(StringComparer.Ordinal).Take(options.MaxMetrics))
        {
            var points = await experiments.GetMetricHistoryAsync(
                run.Id, name, new MetricHistoryOptions { MaxPoints = options.MaxPoints }, cancellationToken).ConfigureAwait(false);
            // A single value stands in the table; a line needs two.
            if (points.Count > 1)
                plots.Add(Curve(name, points));
        }

        return plots;
    }

    private static LinePlot Curve(string name, IReadOnlyList<MetricPoint> points)
    {
        // Metrics logged without steps are drawn over time.
        var stepped = points[0].Step != points[^1].Step;
        var axis = IsSystem(name) ? new PlotAxis("Since the start", Scale: AxisScale.Duration)
            : stepped ? new PlotAxis("Step")
            : new PlotAxis("Time", Scale: AxisScale.Time);
        return new LinePlot
        {
            Title = name,
            X = axis,
            Y = new PlotAxis(name),
            Series = [new LineSeries(name, [.. points.Select(point => stepped ? point.Step : point.Time.Microseconds / 1e6)], [.. points.Select(point => point.Value)])],
        };
    }

    private static IReadOnlyList<IReadOnlyList<string>> Rows(IReadOnlyDictionary<string, string> values) =>
        [.. values.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => (IReadOnlyList<string>)[pair.Key, pair.Value])];

    private static string Text(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

    private static bool IsSystem(string metric) => metric.StartsWith(SystemPrefix, StringComparison.Ordinal);
}
