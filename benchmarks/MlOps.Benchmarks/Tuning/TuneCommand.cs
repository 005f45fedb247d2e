using System.Globalization;
using MlOps.Benchmarks.Models;
using MlOps.Serving;

namespace MlOps.Benchmarks.Tuning;

/// <summary>The <c>tune</c> command: tunes a model on this machine, prints what it found and writes settings and report.</summary>
internal static class TuneCommand
{
    public const string Usage = """
          tune <model.onnx | name | all> [--target-p99 MS] [--rate ROWS/S] [--minutes N] [--goal Balanced|Latency|Throughput]
               [--dimension NAME=SIZE]... [--constant INPUT=VALUE]... [--environment NAME] [--out FOLDER] [--list]
              finds how this machine serves a model best; writes an appsettings fragment and a report
        """;

    /// <returns>0 when all were tuned, 2 when the command line is wrong.</returns>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        if (args.Contains("--list"))
        {
            foreach (var model in ModelCatalogue.All)
                await output.WriteLineAsync($"{model.Name,-16} {(model.Real ? "real" : "generated")}");
            return 0;
        }

        if (TuneOptions.Parse(args, out string? mistake) is not { } options)
        {
            await errors.WriteLineAsync($"{mistake}{Environment.NewLine}{Usage}");
            return 2;
        }

        await output.WriteLineAsync($"{ModelTuner.Machine}{Environment.NewLine}");
        foreach (var model in options.Models)
        {
            await output.WriteLineAsync(model.Name);
            byte[] bytes = model.Make();
            var request = model.Request(options.Budget) with { TargetLatency = options.TargetLatency, TargetRate = options.Rate, Goal = options.Goal };
            var result = await ModelTuner.StartAsync(bytes, request, new Lines(output), cancellationToken);
            await PrintAsync(result, output);
            if (options.Out is not { } folder)
                continue;
            Directory.CreateDirectory(folder);
            await File.WriteAllTextAsync(Path.Combine(folder, $"appsettings.{model.Name}.json"), result.ToAppSettings(options.Environment), cancellationToken);
            await File.WriteAllTextAsync(Path.Combine(folder, $"{model.Name}.md"), result.ToMarkdown(), cancellationToken);
            await File.WriteAllTextAsync(Path.Combine(folder, $"{model.Name}.html"), result.ToHtml(), cancellationToken);
        }

        return 0;
    }

    private static async Task PrintAsync(TuningResult result, TextWriter output)
    {
        var best = result.Best;
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"""
              {best.Runtime.IntraOpThreads} thread(s), {(best.Runtime.AllowSpinning ? "spinning" : "no spinning")}; batches up to {best.Batching.MaximumBatchSize}, {best.Batching.Parallelism} at once, another beside from {best.Batching.ParallelRows} rows, delay {best.Batching.MaximumDelay.TotalMilliseconds:F2} ms
              single call {result.SingleLatency.TotalMilliseconds:F3} ms, {result.RowsPerSecond:N0} rows/s at full load; {result.Tried} of {result.Grid} combinations in {result.Duration.TotalSeconds:F1} s, noise {result.Noise:P1}
              curve {string.Join("  ", best.Curve!.Points.Select(point => $"{point.Rows}: {point.Time.TotalMicroseconds / point.Rows:G3} us"))} a row, contention {best.Contention:F2}
            """));
        foreach (string warning in result.Warnings)
            await output.WriteLineAsync($"  ! {warning}");
    }

    private sealed class Lines(TextWriter output) : IProgress<string>
    {
        public void Report(string value) => output.WriteLine($"  {value}");
    }
}
