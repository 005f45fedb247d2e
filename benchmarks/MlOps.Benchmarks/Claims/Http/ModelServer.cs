using System.Diagnostics;
using System.IO.Pipelines;
using System.Net;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MlOps.Registry;
using MlOps.Serving;
using MlOps.Serving.Tests;

namespace MlOps.Benchmarks.Claims.Http;

/// <summary>The server that the HTTP claims measure: a process of its own, so that its CPU time is told from the client's.</summary>
internal sealed partial class ModelServer : IAsyncDisposable
{
    public const string Model = "mlp";

    /// <summary>The same version at an endpoint that runs every row at once instead of letting it wait for the batch before.</summary>
    public const string Alone = "mlp-alone";

    private readonly Process _process;

    private ModelServer(Process process, int port)
    {
        _process = process;
        Port = port;
    }

    public int Port { get; }

    /// <summary>Processor time of all its threads so far, ended ones too; in nanoseconds where the system says it so exactly.</summary>
    public TimeSpan Cpu
    {
        get
        {
            // The clock of another process: what clock_getcpuclockid(3) makes of its id.
            if (OperatingSystem.IsLinux() && ClockTime((~_process.Id << 3) | 2, out var time) == 0)
                return TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromMicroseconds(time.Nanoseconds / 1e3);
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Starts a program that writes its port to its output, and ends when its input does.</summary>
    public static async Task<ModelServer> StartAsync(string file, string[] arguments, string? folder, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(file, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, WorkingDirectory = folder ?? "" };
        var process = Process.Start(start)!;
        var line = await process.StandardOutput.ReadLineAsync(cancellationToken).AsTask().WaitAsync(TimeSpan.FromMinutes(1), cancellationToken);
        return int.TryParse(line, out var port) ? new ModelServer(process, port) : throw new InvalidOperationException($"The server did not start: it wrote '{line}'.");
    }

    public static Task<ModelServer> StartAsync(string folder, CancellationToken cancellationToken) =>
        StartAsync(Environment.ProcessPath!, Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? [typeof(ModelServer).Assembly.Location, "http-server", folder] : ["http-server", folder], null, cancellationToken);

    /// <summary>What the child process does: the model behind MapMlOps, without the log of predictions, and an empty route beside it.</summary>
    public static async Task RunAsync(string folder)
    {
        Directory.CreateDirectory(folder);
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Development", ContentRootPath = folder });
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddMlOps(options => options.Path = folder).AddEnvironment("sandbox");
        builder.Services.PostConfigure<ServingOptions>("sandbox", options => options.Endpoints[Alone] = options.Batching with { ParallelRows = 1 });
        foreach (var sink in builder.Services.Where(service => service.ServiceType == typeof(IPredictionSink)).ToArray())
            builder.Services.Remove(sink);
        await using var app = builder.Build();
        app.MapMlOps();
        app.MapPost("/empty", ReadAsync);
        var answer = new byte[230];
        Array.Fill(answer, (byte)' ');
        app.MapPost("/fixed", async context =>
        {
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = answer.Length;
            await context.Response.BodyWriter.WriteAsync(answer);
        });
        await app.StartAsync();
        var environment = app.Services.GetRequiredService<IMlOpsEnvironments>()["sandbox"];
        var draft = await new ModelVersionBuilder(environment.Context.Artifacts, Model).WithOnnx(OnnxModels.Mlp(1, 32, 64, 64, 1)).BuildAsync();
        var version = await environment.Models.RegisterAsync(draft);
        await environment.Endpoints[Model].SetTrafficAsync(TrafficPolicy.Single(version.Ref), "claim");
        await environment.Endpoints[Alone].SetTrafficAsync(TrafficPolicy.Single(version.Ref), "claim");
        await Console.Out.WriteLineAsync(new Uri(app.Urls.Single()).Port.ToString(System.Globalization.CultureInfo.InvariantCulture));
        await Console.In.ReadToEndAsync();
    }

    // Reads the whole body, so that inference is not compared with a server that only throws bodies away.
    private static Task ReadAsync(HttpContext context)
    {
        var reader = context.Request.BodyReader;
        if (!reader.TryRead(out var read))
            return RestAsync(reader);
        reader.AdvanceTo(read.Buffer.End);
        return read.IsCompleted ? Task.CompletedTask : RestAsync(reader);
    }

    private static async Task RestAsync(PipeReader reader)
    {
        ReadResult read;
        do
        {
            read = await reader.ReadAsync();
            reader.AdvanceTo(read.Buffer.End);
        }
        while (!read.IsCompleted);
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ClockTime(int clock, out TimeOfClock time);

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeOfClock
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
