using System.Globalization;

namespace MlOps.Benchmarks.Claims.Http;

internal static class HttpClaims
{
    private const int Connections = 32;
    private const int Burst = 15_000;
    private const int Rounds = 9;
    private const string Infer = $"/v2/models/{ModelServer.Model}/infer";

    public static IEnumerable<IClaim> All =>
    [
        new Claim(
            "serving.http-json",
            "server CPU of an empty Kestrel POST route over that of an inference in JSON (MLP 32-64-64-1, fresh rows, 32 connections, the same bodies)",
            "at least 0.75",
            (context, stop) => CpuAsync(context, 0.75, stop, ("JSON", LoopbackLoad.Json))),
        new Claim(
            "serving.http-binary",
            "the same with binary tensors in and out",
            "at least 0.85",
            (context, stop) => CpuAsync(context, 0.85, stop, ("binary tensors", LoopbackLoad.Binary), ("raw binary", LoopbackLoad.Raw))),
        new Claim(
            "serving.http-node",
            "requests per second over those of fastify with onnxruntime-node: JSON, the same model, 32 connections",
            "at least 2.5 x",
            NodePeer.MeasureAsync),
    ];

    private static async Task<ClaimResult> CpuAsync(ClaimContext context, double bound, CancellationToken stop, params (string Name, Func<string, byte[][]> Requests)[] kinds)
    {
        await using var server = await ModelServer.StartAsync(context.Folder, stop);
        using var load = new LoopbackLoad(server.Port, Connections);
        var contenders = kinds.SelectMany(kind => new[] { ($"empty route, {kind.Name}", kind.Requests("/empty")), (kind.Name, kind.Requests(Infer)) }).ToArray();
        var times = contenders.Select(_ => new List<(double Cpu, double Wall)>()).ToArray();
        for (int round = -3; round < Rounds; round++)
        {
            for (int i = 0; i < contenders.Length; i++)
            {
                var before = server.Cpu;
                var wall = await load.RunAsync(contenders[i].Item2, Burst, stop);
                if (round >= 0)
                    times[i].Add(((server.Cpu - before).TotalMicroseconds / Burst, wall.TotalMicroseconds / Burst));
            }
        }

        var ratio = Median(times[0].Zip(times[1]).Select(pair => pair.First.Cpu / pair.Second.Cpu));
        var table = new ClaimDetail(
            "One request over HTTP",
            ["route", "server CPU per request", "empty route over it", "time passed per request"],
            [.. contenders.Select((contender, i) => (IReadOnlyList<string>)
            [
                contender.Item1, Micro(Median(times[i].Select(time => time.Cpu))),
                Median(times[i & ~1].Zip(times[i]).Select(pair => pair.First.Cpu / pair.Second.Cpu)).ToString("F2", CultureInfo.InvariantCulture),
                Micro(Median(times[i].Select(time => time.Wall))),
            ])]);
        return ClaimResult.AtLeast(ratio, bound, ratio.ToString("F2", CultureInfo.InvariantCulture), table);
    }

    internal static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    private static string Micro(double microseconds) => string.Create(CultureInfo.InvariantCulture, $"{microseconds:F1} us");
}
