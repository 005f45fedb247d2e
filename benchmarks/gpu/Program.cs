using System.Diagnostics;
using System.Globalization;
using MlOps.Benchmarks.Gpu;
using MlOps.Serving;
using MlOps.Serving.Tests;

// MlOps.Benchmarks.Gpu [--out FOLDER] [--name MACHINE] [--quick]; --probe only says what a model runs on.
var quick = args.Contains("--quick");
var device = new DeviceOptions { Kind = DeviceKind.Cuda, MemoryLimitBytes = 2L << 30 };
var options = new OnnxRuntimeOptions { Devices = [device] };
OnnxModelRuntime Load(byte[] model, OnnxRuntimeOptions how) => OnnxModelRuntime.Load(model, how, "benchmark");

if (args.Contains("--probe"))
{
    using var probe = Load(GpuModels.Mlp(), options);
    using var buffer = probe.CreateBuffer(1);
    buffer.Run(1);
    Console.WriteLine($"{probe.Device}|{probe.DeviceReason}");
    return 0;
}

using var first = Load(GpuModels.Mlp(), options);
var onGpu = first.Device != "cpu";
var machine = Value("--name") ?? (onGpu ? Output("nvidia-smi", "--query-gpu=name", "--format=csv,noheader") : null) ?? Environment.MachineName;
var report = new Report(machine, first.Device, first.DeviceReason);
Console.WriteLine(onGpu ? $"On {first.Device} of {machine}." : $"No GPU can be used, dry run on the CPU: {first.DeviceReason}");
var budget = TimeSpan.FromMilliseconds(quick ? 50 : 400);
(string Name, byte[] Model)[] models = [("mlp", GpuModels.Mlp()), ("conv", GpuModels.Conv())];

foreach (var (name, model) in models)
{
    var cpu = Load(model, new OnnxRuntimeOptions());
    report.Add($"{name}: error against the CPU, TF32 off", Error(cpu, Load(model, options)), 1e-4, true, "largest |a-b| / max(1, |b|) over 64 random rows");
    report.Add($"{name}: error against the CPU, TF32 on", Error(cpu, Load(model, options with { Devices = [device with { UseTf32 = true }] })), 2e-2, true, "the same; 10 bits of fraction in products");
    cpu.Dispose();

    using var runtime = Load(model, options);
    var (best, bestSeconds) = (1, double.MaxValue);
    int[] batches = quick ? [1, 8, 32] : [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
    foreach (var batch in batches)
    {
        using var bare = new BareLoop(runtime, batch);
        using var buffer = runtime.CreateBuffer(batch);
        Fill(buffer, batch);
        var (loop, ours) = (bare.Measure(budget), Bursts.LowerQuartile(() => buffer.Run(batch), budget));
        report.AddCurve(name, batch, loop, ours);
        if (loop / batch < bestSeconds / best)
            (best, bestSeconds) = (batch, loop);
    }

    var rate = await EngineAsync(Load(model, options), best, TimeSpan.FromSeconds(quick ? 0.5 : 4));
    report.Add($"{name}: engine / device-bound loop at batch {best}", rate / (best / bestSeconds), onGpu ? 0.95 : null, false, string.Create(CultureInfo.InvariantCulture, $"{rate:F0} rows/s by {4 * best} callers; copies both ways included"));

    using var plain = runtime.CreateBuffer(1);
    Fill(plain, 1);
    var without = Bursts.LowerQuartile(() => plain.Run(1), budget);
    report.Add($"{name}: latency of batch 1, us", without * 1e6, null, true, "host to host");
    if (!onGpu)
        continue;
    using var recorded = Load(model, options with { Devices = [device with { CudaGraph = true }] });
    using var graph = recorded.CreateBuffer(1);
    Fill(graph, 1);
    report.Add($"{name}: latency of batch 1 by CUDA graph / without", Bursts.LowerQuartile(() => graph.Run(1), budget) / without, 1, true, "host to host");
    plain.Run(1);
    report.Add($"{name}: difference of CUDA graph and plain run", Math.Abs((double)graph.Output.Span[0] - plain.Output.Span[0]), 1e-4, true, "the same row");
}

var shapes = quick ? 300 : 10_000;
var before = onGpu ? CudaMemory.Info().Free : -Environment.WorkingSet;
using (var any = Load(GpuModels.AnyShape(), options))
{
    var random = new Random(11);
    for (var i = 0; i < shapes; i++)
    {
        var (n, h, w) = (random.Next(1, 9), random.Next(8, 129), random.Next(8, 129));
        any.Run(new Dictionary<string, ModelValue> { ["input"] = TensorValue.Create(OnnxModels.Values(random, n * 3 * h * w), n, 3, h, w) });
    }

    var grown = before - (onGpu ? CudaMemory.Info().Free : -Environment.WorkingSet);
    report.Add("memory grown, MB", grown / 1e6, onGpu ? (device.MemoryLimitBytes + (512L << 20)) / 1e6 : null, true, $"after {shapes} random shapes; the budget is the arena's limit and 512 MB for kernels' workspaces");
}

var (probed, reason) = Probe();
report.Add("falls back to the CPU when no GPU is visible", probed == "cpu" && reason.Length > 0 ? 1 : 0, 1, false, "a process with CUDA_VISIBLE_DEVICES=-1 answers and says: " + reason.ReplaceLineEndings(" ").Replace('|', '/'));
report.Write(Value("--out") ?? "results");
return onGpu && report.Failed ? 1 : 0;

string? Value(string name) => Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : null;

static void Fill(IBatchBuffer buffer, int rows)
{
    var values = OnnxModels.Values(new Random(rows), buffer.Input.Length);
    values.CopyTo(buffer.Input.Span);
}

static double Error(OnnxModelRuntime reference, OnnxModelRuntime model)
{
    using (model)
    using (var expected = reference.CreateBuffer(64))
    using (var actual = model.CreateBuffer(64))
    {
        Fill(expected, 64);
        Fill(actual, 64);
        expected.Run(64);
        actual.Run(64);
        var worst = 0.0;
        for (var i = 0; i < expected.Output.Length; i++)
            worst = Math.Max(worst, Math.Abs((double)expected.Output.Span[i] - actual.Output.Span[i]) / Math.Max(1, Math.Abs(expected.Output.Span[i])));
        return worst;
    }
}

// Rows per second of the batching engine when callers keep it full.
static async Task<double> EngineAsync(OnnxModelRuntime runtime, int batch, TimeSpan duration)
{
    using var engine = new BatchEngine(runtime, new BatchingOptions { MaximumBatchSize = batch, QueueLimit = 16 * batch }, TimeProvider.System);
    var rows = OnnxModels.Values(new Random(5), 64 * runtime.InputWidth);
    var (width, outputs) = (runtime.InputWidth, runtime.OutputWidth);
    long answered = 0;
    var begin = Stopwatch.GetTimestamp();
    await Task.WhenAll(Enumerable.Range(0, 4 * batch).Select(caller => Task.Run(async () =>
    {
        var scores = new float[outputs];
        for (var i = caller; Stopwatch.GetElapsedTime(begin) < duration; i++)
        {
            var answer = await engine.PredictAsync(rows.AsSpan(i % 64 * width, width), scores);
            if (answer.Status != PredictionStatus.Ok)
                throw new InvalidOperationException($"A request ended as {answer.Status}.");
            Interlocked.Increment(ref answered);
        }
    })));
    return answered / Stopwatch.GetElapsedTime(begin).TotalSeconds;
}

static (string Device, string Reason) Probe()
{
    var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
    if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        start.ArgumentList.Add(Environment.GetCommandLineArgs()[0]);
    start.ArgumentList.Add("--probe");
    start.Environment["CUDA_VISIBLE_DEVICES"] = "-1";
    using var child = Process.Start(start)!;
    var line = child.StandardOutput.ReadToEnd().Trim();
    child.WaitForExit();
    var parts = line.Split('|', 2);
    return (parts[0], parts.Length > 1 ? parts[1] : "");
}

static string? Output(string program, params string[] arguments)
{
    try
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var line = process.StandardOutput.ReadLine();
        process.WaitForExit();
        return string.IsNullOrWhiteSpace(line) ? null : line.Trim();
    }
    catch (System.ComponentModel.Win32Exception)
    {
        return null;
    }
}
