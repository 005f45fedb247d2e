using System.Diagnostics;
using System.Globalization;
using System.Text;
using MlOps.Serving.Tests;

namespace MlOps.Benchmarks.Claims.Http;

/// <summary>The stack that people reach for in Node: fastify in front of onnxruntime-node.</summary>
internal static class NodePeer
{
    private const int Connections = 32;
    private const int WarmUp = 3;
    private const int Rounds = 7;
    private const int Seconds = 2;

    private const string Script = """
        const fastify = require('fastify')({ logger: false });
        const ort = require('onnxruntime-node');
        (async () => {
          const session = await ort.InferenceSession.create(process.argv[2], { intraOpNumThreads: 1, interOpNumThreads: 1 });
          fastify.post('/v2/models/mlp/infer', async request => {
            const input = request.body.inputs[0];
            const result = await session.run({ [input.name]: new ort.Tensor('float32', Float32Array.from(input.data), input.shape) });
            const output = result.output;
            return { model_name: 'mlp', model_version: '1', id: request.body.id,
              outputs: [{ name: 'output', datatype: 'FP32', shape: output.dims, data: Array.from(output.data) }] };
          });
          await fastify.listen({ port: 0, host: '127.0.0.1' });
          console.log(fastify.server.address().port);
          process.stdin.resume();
          process.stdin.on('end', () => process.exit(0));
        })();
        """;

    public static async Task<ClaimResult> MeasureAsync(ClaimContext context, CancellationToken stop)
    {
        if (await InstallAsync(context, stop) is { } reason)
            return new ClaimResult(double.NaN, $"skipped: {reason}", true);
        var onnx = Path.Combine(context.Folder, "mlp.onnx");
        await File.WriteAllBytesAsync(onnx, OnnxModels.Mlp(1, 32, 64, 64, 1), stop);
        await File.WriteAllTextAsync(Path.Combine(Modules, "server.js"), Script, stop);
        await using var node = await ModelServer.StartAsync("node", ["server.js", onnx], Modules, stop);
        await using var ours = await ModelServer.StartAsync(Path.Combine(context.Folder, "ours"), stop);
        (string Name, ModelServer Server, Func<Task<double>> Measure)[] contenders =
            [("fastify + onnxruntime-node", node, Rate(node, context, stop)), ("MapMlOps", ours, Rate(ours, context, stop))];
        var rates = contenders.Select(_ => new List<(double PerSecond, double Cpu)>()).ToArray();
        for (int round = -WarmUp; round < Rounds; round++)
        {
            for (int i = 0; i < contenders.Length; i++)
            {
                var before = contenders[i].Server.Cpu;
                var rate = await contenders[i].Measure();
                if (round >= 0)
                    rates[i].Add((rate, (contenders[i].Server.Cpu - before).TotalMicroseconds / (rate * Seconds)));
            }
        }

        var ratio = HttpClaims.Median(rates[0].Zip(rates[1]).Select(pair => pair.Second.PerSecond / pair.First.PerSecond));
        return ClaimResult.AtLeast(ratio, 2.5, string.Create(CultureInfo.InvariantCulture, $"{ratio:F2} x"), new ClaimDetail(
            "JSON inference beside Node", ["server", "requests per second", "server CPU per request"],
            [.. contenders.Select((contender, i) => (IReadOnlyList<string>)
            [
                contender.Name, HttpClaims.Median(rates[i].Select(rate => rate.PerSecond)).ToString("N0", CultureInfo.InvariantCulture),
                string.Create(CultureInfo.InvariantCulture, $"{HttpClaims.Median(rates[i].Select(rate => rate.Cpu)):F1} us"),
            ])]));
    }

    private static string Modules => Path.Combine(Path.GetTempPath(), "mlops-claim-node-http");

    // wrk costs least beside the server; without it our own client asks.
    private static Func<Task<double>> Rate(ModelServer server, ClaimContext context, CancellationToken stop)
    {
        const string path = $"/v2/models/{ModelServer.Model}/infer";
        if (!IsThere("wrk"))
        {
            var load = new LoopbackLoad(server.Port, Connections);
            return async () => 20_000 / (await load.RunAsync(LoopbackLoad.Json(path), 20_000, stop)).TotalSeconds;
        }

        var bodies = new StringBuilder("wrk.method = 'POST'\nlocal bodies = {}\n");
        foreach (var request in LoopbackLoad.Json(path).Take(256))
        {
            var text = Encoding.ASCII.GetString(request);
            bodies.Append("bodies[#bodies + 1] = [[").Append(text.AsSpan(text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)).Append("]]\n");
        }

        bodies.Append("local made, next = {}, 0\nfunction init() for i, body in ipairs(bodies) do made[i] = wrk.format('POST', '").Append(path)
            .Append("', { ['Content-Type'] = 'application/json', ['Host'] = '127.0.0.1' }, body) end end\nfunction request() next = next % #made + 1; return made[next] end\n");
        var script = Path.Combine(context.Folder, $"wrk-{server.Port}.lua");
        File.WriteAllText(script, bodies.ToString());
        return async () =>
        {
            var output = await RunAsync("wrk", ["-t1", $"-c{Connections}", $"-d{Seconds}s", "-s", script, $"http://127.0.0.1:{server.Port}{path}"], null, stop);
            if (output.Contains("Non-2xx", StringComparison.Ordinal))
                throw new InvalidOperationException($"Requests failed: {output}");
            var line = output.Split('\n').Single(line => line.StartsWith("Requests/sec:", StringComparison.Ordinal));
            return double.Parse(line["Requests/sec:".Length..], CultureInfo.InvariantCulture);
        };
    }

    private static async Task<string?> InstallAsync(ClaimContext context, CancellationToken stop)
    {
        if (!IsThere("node") || !IsThere("npm"))
            return "node and npm are not installed";
        if (Directory.Exists(Path.Combine(Modules, "node_modules", "onnxruntime-node")) && Directory.Exists(Path.Combine(Modules, "node_modules", "fastify")))
            return null;
        context.Report("installing fastify and onnxruntime-node");
        Directory.CreateDirectory(Modules);
        await File.WriteAllTextAsync(Path.Combine(Modules, "package.json"), "{\"private\":true}", stop);
        try
        {
            // With its scripts the package would fetch libraries for GPUs.
            await RunAsync("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "fastify@5", "onnxruntime-node@1.29.0"], Modules, stop);
            return null;
        }
        catch (InvalidOperationException e)
        {
            return $"npm could not install the packages ({e.Message})";
        }
    }

    private static bool IsThere(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));

    private static async Task<string> RunAsync(string program, string[] arguments, string? folder, CancellationToken stop)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, WorkingDirectory = folder ?? "" })!;
        var output = await process.StandardOutput.ReadToEndAsync(stop);
        await process.WaitForExitAsync(stop);
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} ended with {process.ExitCode}");
    }
}
