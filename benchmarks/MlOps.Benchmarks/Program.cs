using MlOps.Benchmarks.Benchmarks;
using MlOps.Benchmarks.Claims;
using MlOps.Benchmarks.Claims.Http;
using MlOps.Benchmarks.MlPerf;
using MlOps.Benchmarks.Tuning;
using MlOps.Crash.Tests;

const string Usage = $"""
    dotnet run -c Release --project benchmarks/MlOps.Benchmarks -- <command>

      claims [--filter PREFIX[,PREFIX]] [--json FILE] [--markdown FILE] [--list]
          measures the project's promises; exits non-zero when one falls short
      bench [--filter GLOB] [--quick] [BenchmarkDotNet arguments]
          runs the BenchmarkDotNet classes; --quick takes three iterations of each
    {TuneCommand.Usage}
    {MlPerfCommand.Usage}
    """;

using var cancellation = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    cancellation.Cancel();
};

// What the crash claims start and kill.
if (await ChildWork.TryRunAsync(args) is { } childCode)
    return childCode;

switch (args)
{
    case ["claims", .. var rest]:
        return await ClaimCommand.RunAsync(rest, ClaimTable.All, Console.Out, Console.Error, cancellation.Token);
    case ["bench", .. var rest]:
        return BenchmarkCommand.Run(rest);
    case ["tune", .. var rest]:
        return await TuneCommand.RunAsync(rest, Console.Out, Console.Error, cancellation.Token);
    case ["mlperf", .. var rest]:
        return await MlPerfCommand.RunAsync(rest, Console.Out, Console.Error, cancellation.Token);
    case ["store", var directory]:
        // What registry.crash starts and kills.
        await StoreWork.RunAsync(directory, int.MaxValue, parallel: 4);
        return 0;
    case ["http-server", var directory]:
        // What the HTTP claims start and ask.
        await ModelServer.RunAsync(directory);
        return 0;
    case ["--help" or "-h" or "help"]:
        Console.WriteLine(Usage);
        return 0;
    default:
        Console.Error.WriteLine(Usage);
        return 2;
}
