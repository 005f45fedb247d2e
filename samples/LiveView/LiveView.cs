using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using MlOps.Registry;
using MlOps.Serving;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace MlOps.Samples;

/// <summary>A console view for samples: the steps of a story with progress and result, and the environments with versions and traffic beside them.</summary>
public sealed class LiveView(IMlOpsEnvironments environments, string model, bool plain)
{
    private readonly List<Line> _lines = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private IReadOnlyList<string[]> _standing = [];

    /// <summary>Tells a story; each step is shown as it goes on.</summary>
    public async Task TellAsync(Func<Task> story)
    {
        if (plain)
        {
            await story();
            return;
        }

        await AnsiConsole.Live(new Text("")).AutoClear(false).StartAsync(async view =>
        {
            var told = story();
            while (!told.IsCompleted)
            {
                view.UpdateTarget(Draw());
                await Task.WhenAny(told, Task.Delay(150));
            }

            view.UpdateTarget(Draw());
            await told;
        });
    }

    /// <summary>Runs one step; its result is a sentence.</summary>
    public async Task StepAsync(string title, Func<Action<double>, Task<string>> run)
    {
        var line = new Line(title, Stopwatch.StartNew());
        lock (_lines)
            _lines.Add(line);
        try
        {
            line.Said = await run(done => line.Done = Math.Clamp(done, 0, 1));
            line.State = '✓';
        }
        catch
        {
            line.State = '✗';
            throw;
        }
        finally
        {
            line.Clock.Stop();
            _standing = await ReadStandingAsync();
            if (plain)
                Console.WriteLine(FormattableString.Invariant($"{line.State} {title}: {line.Said} [{line.Clock.Elapsed.TotalSeconds:F1} s]"));
        }
    }

    /// <summary>Shows what came of it as a table, and writes it to <c>result.json</c> and <c>report.html</c>.</summary>
    public async Task ConcludeAsync(string directory, LifecycleReportOptions options)
    {
        var report = Path.Combine(directory, "report.html");
        var page = await environments.CreateReportAsync(model, options);
        await using (var file = File.Create(report))
            await page.WriteAsync(file);

        var summary = await environments.SummariseAsync(model, options.QualityWindows[0].From, options.QualityWindows[^1].To);
        var result = Path.Combine(directory, "result.json");
        await File.WriteAllTextAsync(result + ".tmp", JsonSerializer.Serialize(summary, new JsonSerializerOptions { WriteIndented = true }));
        File.Move(result + ".tmp", result, overwrite: true);

        var table = new Table().Border(TableBorder.Rounded).AddColumn("What").AddColumn("Where it stands");
        foreach (var (what, where) in summary)
            table.AddRow(Markup.Escape(what), Markup.Escape(where));
        AnsiConsole.Write(table);
        AnsiConsole.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Done in {_clock.Elapsed.TotalSeconds:F0} s. Report: {report}"));
    }

    private Rows Draw()
    {
        var steps = new Table().Border(TableBorder.None).HideHeaders().AddColumn("").AddColumn("").AddColumn("").AddColumn("");
        lock (_lines)
        {
            foreach (var line in _lines)
            {
                var bar = line.State == ' ' ? new string('━', (int)(20 * line.Done)).PadRight(20, '╌') : "";
                steps.AddRow(
                    new Markup(line.State switch { '✓' => "[green]✓[/]", '✗' => "[red]✗[/]", _ => "[yellow]•[/]" }), new Markup($"[bold]{Markup.Escape(line.Title)}[/]"),
                    line.State == ' ' ? new Markup($"[yellow]{bar}[/]") : new Markup(Markup.Escape(line.Said)),
                    new Markup(string.Create(CultureInfo.InvariantCulture, $"[grey]{line.Clock.Elapsed.TotalSeconds,5:F1} s[/]")));
            }
        }

        var standing = new Table().Border(TableBorder.Rounded).AddColumn("Environment").AddColumn("Versions").AddColumn("Champion").AddColumn("Traffic");
        foreach (var row in _standing)
            standing.AddRow(row.Select(cell => (IRenderable)new Markup(Markup.Escape(cell))).ToArray());
        return new Rows(steps, standing);
    }

    private async Task<IReadOnlyList<string[]>> ReadStandingAsync()
    {
        var rows = new List<string[]>();
        foreach (var environment in environments)
        {
            var aliases = await environment.Models.GetAliasesAsync(model);
            var versions = await environment.Models.ListAsync(model);
            var traffic = await environment.Endpoints[model].GetTrafficAsync();
            rows.Add([
                environment.Name, versions.Count.ToString(CultureInfo.InvariantCulture), aliases.TryGetValue(ModelAliases.Champion, out var champion) ? $"{model}:{champion}" : "",
                traffic is null ? "" : string.Join(", ", traffic.Shares.Select(share => string.Create(CultureInfo.InvariantCulture, $"{share.Version} {share.Weight:P0}")))]);
        }

        return rows;
    }

    private sealed class Line(string title, Stopwatch clock)
    {
        public string Title => title;

        public Stopwatch Clock => clock;

        public double Done { get; set; }

        public string Said { get; set; } = "";

        public char State { get; set; } = ' ';
    }
}
