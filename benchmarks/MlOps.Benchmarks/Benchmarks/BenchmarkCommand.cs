using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace MlOps.Benchmarks.Benchmarks;

/// <summary>The <c>bench</c> command: BenchmarkDotNet over every benchmark class of this assembly.</summary>
internal static class BenchmarkCommand
{
    private const string Quick = "--quick";

    public static int Run(string[] args)
    {
        bool quick = args.Contains(Quick);
        args = [.. args.Where(argument => argument != Quick)];
        string[] chosen = args.Contains("--filter") || args.Contains("--list") ? args : [.. args, "--filter", "*"];
        var summaries = BenchmarkSwitcher.FromAssembly(typeof(BenchmarkCommand).Assembly).Run(chosen, Configuration(quick ? Job.ShortRun : Job.Default)).ToList();
        bool failed = summaries.Any(summary => summary.HasCriticalValidationErrors || summary.Reports.Any(report => !report.Success));
        return failed ? 1 : 0;
    }

    // In this process: the project that BenchmarkDotNet would generate and build knows nothing of our native libraries.
    private static ManualConfig Configuration(Job job) => ManualConfig.CreateEmpty()
        .AddJob(job.WithToolchain(InProcessEmitToolchain.Instance))
        .AddDiagnoser(MemoryDiagnoser.Default)
        .AddColumnProvider(DefaultColumnProviders.Instance)
        .AddLogger(ConsoleLogger.Default)
        .AddExporter(MarkdownExporter.GitHub)
        .WithArtifactsPath(Path.Combine(Directory.GetCurrentDirectory(), "BenchmarkDotNet.Artifacts"));
}
