using System.Diagnostics;
using MlOps;
using Spectre.Console;

namespace FlightDelay;

/// <summary>Shows the story while it is told, and what came of it.</summary>
public static class Dashboard
{
    public static async Task RunAsync(DelayStory story, DemoSettings settings)
    {
        var chapters = await story.ChaptersAsync(default);
        var total = Stopwatch.StartNew();
        if (settings.Plain)
        {
            foreach (var (title, run) in chapters)
            {
                var clock = Stopwatch.StartNew();
                Console.WriteLine(FormattableString.Invariant($"{title}: {await run(_ => { }, default)} [{clock.Elapsed.TotalSeconds:F1} s]"));
            }
        }
        else
        {
            await AnsiConsole.Progress().AutoClear(false).Columns(new SpinnerColumn(), new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new ElapsedTimeColumn())
                .StartAsync(async view =>
                {
                    var tasks = chapters.Select(chapter => view.AddTask(Markup.Escape(chapter.Title), autoStart: false, maxValue: 1)).ToArray();
                    for (var i = 0; i < chapters.Count; i++)
                    {
                        var task = tasks[i];
                        task.StartTask();
                        var said = await chapters[i].Run(done => task.Value = done, default);
                        task.Description = $"{Markup.Escape(chapters[i].Title)} [grey]{Markup.Escape(said)}[/]";
                        task.Value = 1;
                        task.StopTask();
                    }
                });
        }

        var results = await Results.ReadAsync(story.Environments);
        await results.WriteAsync(Path.Combine(settings.Directory, "result.json"));
        var report = await story.Environments.CreateAsync(DelayTraining.Model, new LifecycleReportOptions
        {
            Subtitle = "Three million US flights, January to June 2001", LatenciesMs = story.LatenciesMs, QualityWindows = story.QualityWindows,
        });
        var page = Path.Combine(settings.Directory, "report.html");
        await using (var file = File.Create(page))
            await report.WriteAsync(file);
        AnsiConsole.Write(results.ToTable());
        AnsiConsole.MarkupLineInterpolated($"Done in {total.Elapsed.TotalSeconds:F0} s. Report: {page}");
    }
}
