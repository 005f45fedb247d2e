using System.Globalization;

namespace MlOps.Benchmarks.Claims.Http;

internal static class HttpClaims
{
    private const int Connections = 32;
    // Short bursts in turn, so that whatever else the machine does falls on all alike.
    private const int Burst = 2_500;
    private const int Rounds = 90;
    private const int WarmUp = 20;
    private const string Infer = $"/v2/models/{ModelServer.Model}/infer";

    public static IEnumerable<IClaim> All =>
    [
        new Claim(
            "serving.http-json",
            "server CPU of a Kestrel POST route that reads the body and answers nothing over that of an inference in JSON (MLP 32-64-64-1, fresh rows, 32 connections, the same bodies)",
            "at least 0.75",
            (context, stop) => CpuAsync(context, 0.75, stop, LoopbackLoad.Json)),
        new Claim(
            "serving.http-binary",
            "the same with binary tensors in and out",
            "at least 0.85",
            (context, stop) => CpuAsync(context, 0.85, stop, LoopbackLoad.Binary)),
        new Claim(
            "serving.http-node",
            "requests per second over those of fastify with onnxruntime-node: JSON, the same model, 32 connections",
            "at least 2.5 x",
            NodePeer.MeasureAsync),
    ];

    private static async Task<ClaimResult> CpuAsync(ClaimContext context, double bound, CancellationToken stop, Func<string, byte[][]> requests)
    {
        await using var server = await ModelServer.StartAsync(context.Folder, stop);
        using var load = new LoopbackLoad(server.Port, Connections);
        (string Name, byte[][] Requests)[] contenders =
        [
            ("route that reads the body and answers nothing", requests("/empty")),
            ("inference", requests(Infer)),
            ("inference, every row run at once", requests($"/v2/models/{ModelServer.Alone}/infer")),
            ("route that answers 230 fixed bytes", requests("/fixed")),
        ];
        var times = contenders.Select(_ => new List<(double Cpu, double Wall)>()).ToArray();
        for (int round = -WarmUp; round < Rounds; round++)
        {
            for (int i = 0; i < contenders.Length; i++)
            {
                var before = server.Cpu;
                var wall = await load.RunAsync(contenders[i].Requests, Burst, stop);
                if (round >= 0)
                    times[i].Add(((server.Cpu - before).TotalMicroseconds / Burst, wall.TotalMicroseconds / Burst));
            }
        }

        double Ratio(int contender) => Median(times[0].Zip(times[contender]).Select(pair => pair.First.Cpu / pair.Second.Cpu));
        var table = new ClaimDetail(
            "One request over HTTP",
            ["route", "server CPU per request", "empty route over it", "time passed per request"],
            [.. contenders.Select((contender, i) => (IReadOnlyList<string>)
            [
                contender.Name, Micro(Median(times[i].Select(time => time.Cpu))), Ratio(i).ToString("F2", CultureInfo.InvariantCulture),
                Micro(Median(times[i].Select(time => time.Wall))),
            ])]);
        return ClaimResult.AtLeast(Ratio(1), bound, Ratio(1).ToString("F2", CultureInfo.InvariantCulture), table);
    }

    internal static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    private static string Micro(double microseconds) => string.Create(CultureInfo.InvariantCulture, $"{microseconds:F1} us");
}
