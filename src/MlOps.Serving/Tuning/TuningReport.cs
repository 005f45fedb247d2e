using System.Globalization;
using System.Text;
using System.Text.Json;
using MlOps.Reporting;

namespace MlOps.Serving;

/// <summary>Writes what a tuning found: settings that a host loads, and a report for people.</summary>
public static class TuningReport
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true };

    /// <summary>What a tuning found.</summary>
    /// <param name="result">The result.</param>
    extension(TuningResult result)
    {
        /// <summary>
        /// The settings as JSON for <c>appsettings.json</c>: <c>MlOps:Environments:{environment}:Serving:Models:{name}</c>, which the host
        /// reads at start.
        /// </summary>
        /// <param name="environment">The environment that will serve the model.</param>
        /// <returns>The JSON.</returns>
        public string ToAppSettings(string environment)
        {
            ArgumentException.ThrowIfNullOrEmpty(environment);
            using var stream = new MemoryStream();
            using (var json = new Utf8JsonWriter(stream, Indented))
            {
                json.WriteStartObject();
                foreach (var section in new[] { "MlOps", "Environments", environment, "Serving", "Models", result.Name })
                    json.WriteStartObject(section);
                var (runtime, batching) = (result.Best.Runtime, result.Best.Batching);
                json.WriteNumber("IntraOpThreads", runtime.IntraOpThreads);
                json.WriteBoolean("AllowSpinning", runtime.AllowSpinning);
                json.WriteNumber("MaxBatchSize", batching.MaximumBatchSize);
                json.WriteString("MaxDelay", batching.MaximumDelay.ToString("c", CultureInfo.InvariantCulture));
                json.WriteNumber("Parallelism", batching.Parallelism);
                json.WriteNumber("ParallelRows", batching.ParallelRows);
                json.WriteNumber("Contention", Math.Round(result.Best.Contention, 3));
                json.WriteStartObject("CurveMicroseconds");
                foreach (var point in result.Best.Curve?.Points ?? [])
                    json.WriteNumber(point.Rows.ToString(CultureInfo.InvariantCulture), point.Time.TotalMicroseconds);
                json.WriteEndObject();
                for (var depth = 0; depth < 7; depth++)
                    json.WriteEndObject();
            }

            return Encoding.UTF8.GetString(stream.ToArray());
        }

        /// <summary>The report as Markdown.</summary>
        /// <returns>The text.</returns>
        public string ToMarkdown()
        {
            var text = new StringBuilder();
            text.Append(CultureInfo.InvariantCulture, $"# Tuning of {result.Name}\n\n{result.Machine}\n\n");
            foreach (var (label, value) in Facts(result))
                text.Append(CultureInfo.InvariantCulture, $"- {label}: {value}\n");
            foreach (var warning in result.Warnings)
                text.Append(CultureInfo.InvariantCulture, $"\n> {warning}\n");
            Table(text, "Batch curve and roofline", CurveTable(result));
            Table(text, "Pareto front", FrontTable(result.Front));
            Table(text, "All combinations", FrontTable(result.Points));
            return text.ToString();
        }

        /// <summary>The report as a page of its own, with plots.</summary>
        /// <returns>The HTML.</returns>
        public string ToHtml()
        {
            var curve = result.Best.Curve!;
            var report = new HtmlReport($"Tuning of {result.Name}", result.Machine?.ToString());
            report.Section("Result", section =>
            {
                section.Tiles(Facts(result).Take(6).Select(fact => new Tile(fact.Label, fact.Value)));
                foreach (var warning in result.Warnings)
                    section.Text(warning);
            });
            report.Section("Batch curve", section =>
            {
                double[] rows = [.. curve.Points.Select(point => (double)point.Rows)];
                var measured = new LineSeries("measured", rows, [.. curve.Points.Select(point => point.Time.TotalMicroseconds / point.Rows)]);
                List<LineSeries> series = [measured];
                if (result is { Machine: { } machine, Work: { } work })
                    series.Add(new LineSeries("roofline", rows, [.. curve.Points.Select(point => work.Least(machine, point.Rows).TotalMicroseconds / point.Rows)]));
                section.Plot(new LinePlot { Title = "Time of a row", X = new PlotAxis("rows of a batch", Scale: AxisScale.Log), Y = new PlotAxis("time of a row", "us", AxisScale.Log), Series = series });
                section.Table(CurveTable(result));
            });
            report.Section("Latency and throughput", section =>
            {
                section.Plot(new LinePlot
                {
                    Title = "Pareto front",
                    X = new PlotAxis("time of a batch", "ms", AxisScale.Log),
                    Y = new PlotAxis("rows a second", Scale: AxisScale.Log),
                    Series = [new LineSeries("front", [.. result.Front.Select(point => point.Latency.TotalMilliseconds)], [.. result.Front.Select(point => point.RowsPerSecond)])],
                });
                section.Table(FrontTable(result.Front));
            });
            return report.ToHtml();
        }
    }

    private static IEnumerable<(string Label, string Value)> Facts(TuningResult result)
    {
        var (runtime, batching) = (result.Best.Runtime, result.Best.Batching);
        yield return ("Threads of a run", Invariant($"{runtime.IntraOpThreads}{(runtime.AllowSpinning ? ", spinning" : "")}"));
        yield return ("Largest batch", Invariant($"{batching.MaximumBatchSize}"));
        yield return ("Batches at once", Invariant($"{batching.Parallelism}, another beside from {batching.ParallelRows} rows"));
        yield return ("Single call", Time(result.SingleLatency));
        yield return ("At full load", Invariant($"{result.RowsPerSecond:N0} rows/s"));
        yield return ("Noise", Invariant($"{result.Noise:P1}"));
        yield return ("Delay", Time(batching.MaximumDelay));
        yield return ("Tried", Invariant($"{result.Tried} of {result.Grid} combinations, {result.Samples} samples, {result.Duration.TotalSeconds:F1} s"));
        if (result.Work is { } work)
            yield return ("Work of a row", Invariant($"{work.Operations / 1e6:N2} million operations, {work.WeightBytes / 1e6:N1} MB weights, {work.ActivationBytes / 1e3:N0} kB between the nodes"));
    }

    private static ReportTable CurveTable(TuningResult result) => new(
        ["rows", "batch", "row", "gain", "GFLOP/s", "of peak", "GB/s", "of copy"],
        [.. result.Best.Curve!.Points.Select(point => (IReadOnlyList<string>)
        [
            Invariant($"{point.Rows}"), Time(point.Time), Time(point.Time / point.Rows), Invariant($"{result.Best.Curve.TimePerRow(1) / (point.Time / point.Rows):F2} x"),
            .. result is { Machine: { } machine, Work: { } work }
                ? new[]
                {
                    Invariant($"{work.Operations * point.Rows / point.Time.TotalSeconds / 1e9:F1}"),
                    Invariant($"{work.Operations * point.Rows / point.Time.TotalSeconds / machine.GemmFlops:P0}"),
                    Invariant($"{work.Bytes(point.Rows) / point.Time.TotalSeconds / 1e9:F1}"),
                    Invariant($"{work.Bytes(point.Rows) / point.Time.TotalSeconds / machine.CopyBytesPerSecond:P0}"),
                }
                : ["-", "-", "-", "-"],
        ])]);

    private static ReportTable FrontTable(IReadOnlyList<TuningPoint> points) => new(
        ["threads", "spinning", "rows", "at once", "batch", "rows/s", "samples"],
        [.. points.Select(point => (IReadOnlyList<string>)
        [
            Invariant($"{point.Runtime.IntraOpThreads}"), point.Runtime.AllowSpinning ? "yes" : "no", Invariant($"{point.Rows}"), Invariant($"{point.Instances}"),
            Time(point.Latency), Invariant($"{point.RowsPerSecond:N0}"), Invariant($"{point.Samples}"),
        ])]);

    private static void Table(StringBuilder text, string title, ReportTable table)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n## {title}\n\n| {string.Join(" | ", table.Columns)} |\n|{string.Concat(table.Columns.Select(_ => "---|"))}\n");
        foreach (var row in table.Rows)
            text.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", row)} |\n");
    }

    private static string Time(TimeSpan time) => time.TotalMilliseconds >= 1 ? Invariant($"{time.TotalMilliseconds:F2} ms") : Invariant($"{time.TotalMicroseconds:F2} us");

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
