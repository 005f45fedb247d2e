using System.Globalization;
using MlOps.Benchmarks.Claims.Support;
using MlOps.Benchmarks.Measuring;
using MlOps.Features;

namespace MlOps.Benchmarks.Claims.Features;

/// <summary>What types cost: reading features into a struct, bringing rows into columns, encoding a row.</summary>
internal static class TypedClaims
{
    private const int Entities = 10_000;
    private const int Requests = 4096;

    public static IEnumerable<IClaim> All =>
    [
        new Claim(
            "features.typed-read",
            "CPU of reading 50 features of an entity into a struct by IFeatureReader over reading them as floats; bytes allocated must be 0",
            "at most 3 x, 0 B",
            ReadAsync),
        new Claim(
            "features.typed-columns",
            "CPU of bringing 100,000 rows of 8 properties into columns by the generated binding over loops written by hand",
            "at most 1.3 x",
            (context, _) => Task.FromResult(Columns(context))),
        new Claim(
            "features.encode-row",
            "encoding a row of 6 columns into 30 floats (one-hot, hash, standardise, normalise, bins, impute); bytes allocated must be 0",
            "at most 400 ns, 0 B",
            (context, _) => Task.FromResult(Encode(context))),
    ];

    private static async Task<ClaimResult> ReadAsync(ClaimContext context, CancellationToken stop)
    {
        const string raw = "vector of floats";
        const string typed = "IFeatureReader";
        string[] names = [.. Enumerable.Range(0, 50).Select(i => string.Create(CultureInfo.InvariantCulture, $"f{i:D2}"))];
        await using var host = new ClaimHost(context.Folder, mlops => mlops
            .AddFeatureView("view", view =>
            {
                view.Key("key").EventTime("at");
                foreach (string name in names)
                    view.LastValue(name);
            })
            .AddFeatureService("service", service => service.View("view")));
        var random = new Random(context.Seed);
        var at = Timestamp.Utc(2001, 1, 1);
        string[] keys = [.. Enumerable.Range(0, Entities).Select(i => string.Create(CultureInfo.InvariantCulture, $"entity-{i}"))];
        await host.Environment.Features.PushAsync(
            "view",
            new DataFrame([
                DataColumn.Create("key", keys), DataColumn.Create("at", keys.Select(_ => at).ToArray()),
                .. names.Select(name => DataColumn.Create(name, keys.Select(_ => random.NextSingle()).ToArray()))]),
            "claim", 1, stop);
        var source = await host.Environment.Features.GetVectorSourceAsync("service", stop);
        var reader = host.Environment.Features.GetReader<FiftyFeatures>("service");
        string[][] asked = [.. Enumerable.Range(0, Requests).Select(_ => new[] { keys[random.Next(Entities)] })];
        FeatureRequest[] requests = [.. asked.Select(key => new FeatureRequest(key) { AsOf = at })];
        float[] vector = new float[50];
        await source.ReadAsync(asked[0], at, vector, stop);
        var first = await reader.GetAsync(requests[0], stop);
        if (first.F00 != vector[0] || first.F49 != vector[49])
            throw new InvalidOperationException($"The reader gives {first.F00} and {first.F49}, the vector {vector[0]} and {vector[49]}.");
        var result = Paired.Measure(
            new PairedOptions { Rounds = 60 },
            (raw, (from, count) =>
            {
                double sum = 0;
                for (int i = from; i < from + count; i++)
                {
                    var task = source.ReadAsync(asked[i & (Requests - 1)], at, vector);
                    if (!task.IsCompletedSuccessfully)
                        throw new InvalidOperationException("A read was not there at once.");
                    sum += vector[49];
                }

                return (long)sum;
            }),
            (typed, (from, count) =>
            {
                double sum = 0;
                for (int i = from; i < from + count; i++)
                {
                    var task = reader.GetAsync(requests[i & (Requests - 1)]);
                    if (!task.IsCompletedSuccessfully)
                        throw new InvalidOperationException("A read was not there at once.");
                    sum += task.Result.F49;
                }

                return (long)sum;
            }));
        double ratio = result[typed].CpuNanoseconds / result[raw].CpuNanoseconds;
        return new ClaimResult(
            ratio,
            string.Create(CultureInfo.InvariantCulture, $"{ratio:F2} x ({result[typed].CpuNanoseconds:F0} ns over {result[raw].CpuNanoseconds:F0} ns), {result[typed].AllocatedBytes:F0} B"),
            ratio <= 3 && IsZero(result[typed]),
            result.ToDetail("50 features of one entity", raw));
    }

    private static ClaimResult Columns(ClaimContext context)
    {
        const string byHand = "loops by hand";
        const string generated = "generated binding";
        var random = new Random(context.Seed);
        EightProperties[] rows = [.. Enumerable.Range(0, 100_000).Select(i => new EightProperties(
            "k" + i, new Timestamp(i), random.NextDouble(), random.NextDouble(), random.Next(), random.NextSingle(), random.Next(2) == 0, random.NextInt64()))];
        var result = Paired.Measure(
            new PairedOptions { Rounds = 20, Operations = 1 },
            (byHand, (_, count) =>
            {
                long total = 0;
                for (int i = 0; i < count; i++)
                    total += ByHand(rows).RowCount;
                return total;
            }),
            (generated, (_, count) =>
            {
                long total = 0;
                for (int i = 0; i < count; i++)
                    total += rows.ToFrame().RowCount;
                return total;
            }));
        double ratio = result[generated].CpuNanoseconds / result[byHand].CpuNanoseconds;
        return ClaimResult.AtMost(
            ratio, 1.3, string.Create(CultureInfo.InvariantCulture, $"{ratio:F2} x ({result[generated].CpuNanoseconds / 100_000:F1} ns a row)"), result.ToDetail("100,000 rows of 8 properties", byHand));
    }

    private static DataFrame ByHand(EightProperties[] rows)
    {
        string[] keys = new string[rows.Length];
        var times = new Timestamp[rows.Length];
        double[] a = new double[rows.Length], b = new double[rows.Length];
        int[] c = new int[rows.Length];
        float[] d = new float[rows.Length];
        bool[] e = new bool[rows.Length];
        long[] f = new long[rows.Length];
        for (int i = 0; i < rows.Length; i++)
            keys[i] = rows[i].Id;
        for (int i = 0; i < rows.Length; i++)
            times[i] = rows[i].At;
        for (int i = 0; i < rows.Length; i++)
            a[i] = rows[i].A;
        for (int i = 0; i < rows.Length; i++)
            b[i] = rows[i].B;
        for (int i = 0; i < rows.Length; i++)
            c[i] = rows[i].C;
        for (int i = 0; i < rows.Length; i++)
            d[i] = rows[i].D;
        for (int i = 0; i < rows.Length; i++)
            e[i] = rows[i].E;
        for (int i = 0; i < rows.Length; i++)
            f[i] = rows[i].F;
        return new DataFrame(
            DataColumn.Create("id", keys), DataColumn.Create("at", times), DataColumn.Create("a", a), DataColumn.Create("b", b),
            DataColumn.Create("c", c), DataColumn.Create("d", d), DataColumn.Create("e", e), DataColumn.Create("f", f));
    }

    private static ClaimResult Encode(ClaimContext context)
    {
        const string floor = "clear and copy of the floats";
        const string encoder = "FittedEncoding";
        const int rows = 4096;
        var random = new Random(context.Seed);
        string[] carriers = ["UA", "AA", "DL", "WN", "AS", "B6", "F9", "NK"];
        var frame = new DataFrame(
            DataColumn.Create("carrier", Enumerable.Range(0, rows).Select(_ => carriers[random.Next(8)]).ToArray()),
            DataColumn.Create("tail", Enumerable.Range(0, rows).Select(_ => "N" + random.Next(10_000)).ToArray()),
            DataColumn.Create("weekday", Enumerable.Range(0, rows).Select(_ => (long)random.Next(7)).ToArray()),
            DataColumn.Create("delay", Enumerable.Range(0, rows).Select(_ => random.NextDouble() * 100).ToArray()),
            DataColumn.Create("taxi", Enumerable.Range(0, rows).Select(_ => random.Next(8) == 0 ? float.NaN : random.NextSingle() * 30).ToArray()),
            DataColumn.Create("distance", Enumerable.Range(0, rows).Select(_ => (double)random.Next(3000)).ToArray()));
        var encoding = FeatureEncoding.Define().OneHot("carrier").Hash("tail", 8).OneHot("weekday", 4).Standardise("delay").BinByQuantile("delay", 4)
            .Impute("taxi", Imputation.Mean, indicator: true).Normalise("taxi").Log1P("distance").Pass("distance").BinByWidth("distance", 5).Fit(frame);
        int width = encoding.OutputNames.Count, inputs = encoding.InputNames.Count;
        var values = new FeatureValue[rows * inputs];
        for (int i = 0; i < inputs; i++)
        {
            for (int row = 0; row < rows; row++)
                values[(row * inputs) + i] = Value(frame[encoding.InputNames[i]].GetValue(row));
        }

        float[] expected = encoding.Transform(frame).Values;
        float[] output = new float[width];
        encoding.Transform(values.AsSpan(7 * inputs, inputs), output);
        if (!output.AsSpan().SequenceEqual(expected.AsSpan(7 * width, width)))
            throw new InvalidOperationException("A row alone is encoded otherwise than in its frame.");
        var result = Paired.Measure(
            new PairedOptions { Rounds = 60 },
            (floor, (from, count) =>
            {
                double sum = 0;
                for (int i = from; i < from + count; i++)
                {
                    output.AsSpan().Clear();
                    expected.AsSpan((i & (rows - 1)) * width, width).CopyTo(output);
                    sum += output[1];
                }

                return (long)sum;
            }),
            (encoder, (from, count) =>
            {
                double sum = 0;
                for (int i = from; i < from + count; i++)
                {
                    encoding.Transform(values.AsSpan((i & (rows - 1)) * inputs, inputs), output);
                    sum += output[1];
                }

                return (long)sum;
            }));
        double nanoseconds = result[encoder].CpuNanoseconds;
        return new ClaimResult(
            nanoseconds, string.Create(CultureInfo.InvariantCulture, $"{nanoseconds:F0} ns, {result[encoder].AllocatedBytes:F0} B, {width} floats"),
            nanoseconds <= 400 && IsZero(result[encoder]),
            result.ToDetail("6 columns into their floats", floor));
    }

    // The harness allocates one task per burst of many operations; an operation that allocates takes 24 bytes at least.
    private static bool IsZero(PairedSample sample) => sample.AllocatedBytes < 0.5;

    private static FeatureValue Value(object? value) => value switch
    {
        string text => text,
        long number => number,
        double number => number,
        float number => number,
        _ => throw new InvalidOperationException($"No column here holds {value}."),
    };
}
