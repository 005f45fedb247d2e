using System.Diagnostics;

namespace MlOps.Features.Tests;

/// <summary>Reads beside a writer that makes every part of an entity move: totals, extremes, sketches, rows, texts, erasure.</summary>
internal static class OnlineStress
{
    private const int Entities = 16;
    private static readonly string[] Labels = [.. Enumerable.Range(0, 997).Select(i => $"label {i}")];

    /// <summary>
    /// Each row of an entity brings 7 to the sum and the same number to every plain feature, so whatever is read whole has a mean, a smallest and a largest
    /// value of 7, a variance of 0 and plain features that agree.
    /// </summary>
    public static async Task<(long Reads, long Rows, long Torn)> RunAsync(TimeSpan time, int seed, CancellationToken cancellationToken)
    {
        AggregateFunction[] functions = [AggregateFunction.Count, AggregateFunction.Mean, AggregateFunction.Min, AggregateFunction.Max, AggregateFunction.Variance];
        var view = FeatureView.Define("stress").Key("key").EventTime("at")
            .Aggregate("seven", [.. functions.Select(function => (FeatureAggregate)function), FeatureAggregate.Quantile(0.5)], scale: 1, windows: [FeatureWindow.Hours(1), FeatureWindow.Lifetime])
            .Aggregate("seven", [FeatureAggregate.DistinctCount(16)], windows: FeatureWindow.Hours(1))
            .LastValue("number", null, "number", DataType.Int64).LastValue("number", null, "double", DataType.Float64).LastValue("number", null, "float").LastValue("label", null, "label", DataType.String)
            .Build();
        var state = new OnlineState(view.Plan, new FeatureStoreOptions { SettlingRows = 1, ReadLag = TimeSpan.FromMinutes(1) }, TimeProvider.System);
        var start = Timestamp.Utc(2001, 1, 1).Microseconds;
        var newest = start;
        long torn = 0, reads = 0, rows = 0;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        end.CancelAfter(time);
        var names = Enumerable.Range(0, Entities).Select(i => $"e{i}").ToArray();
        var program = state.Program([.. Enumerable.Range(0, view.FeatureNames.Count)]);

        void Read(int reader)
        {
            var random = new Random(seed + reader);
            var values = new FeatureValue[program.Length];
            long mine = 0;
            while (!end.IsCancellationRequested)
            {
                var asOf = Volatile.Read(ref newest) - random.Next(40_000_000);
                // A reader that was held up for long asks about a moment that is not exact any more.
                if (!state.Read(state.Find(names[random.Next(Entities)]), asOf, program, values))
                    continue;
                mine++;
                if (!IsWhole(values))
                    Interlocked.Increment(ref torn);
            }

            Interlocked.Add(ref reads, mine);
        }

        void Write()
        {
            var random = new Random(seed);
            var at = start;
            while (!end.IsCancellationRequested)
            {
                var numbers = Enumerable.Range(0, 64).Select(_ => (long)random.Next(1 << 20)).ToArray();
                var batch = RowBatchReader.Read(view.Plan, new DataFrame(
                    DataColumn.Create("key", numbers.Select(_ => names[random.Next(Entities)]).ToArray()),
                    DataColumn.Create("at", numbers.Select((_, i) => new Timestamp(at + (i * 100_000L) - random.Next(2_000_000))).ToArray()),
                    DataColumn.Create("seven", numbers.Select(_ => 7).ToArray()),
                    DataColumn.Create("number", numbers),
                    DataColumn.Create("label", numbers.Select(number => Labels[number % Labels.Length]).ToArray())));
                state.Apply(batch);
                rows += numbers.Length;
                at += numbers.Length * 100_000L;
                Volatile.Write(ref newest, at);
                if (random.Next(50) == 0 && state.Find(names[random.Next(Entities)]) is >= 0 and var gone)
                    state.Remove((int)gone);
            }
        }

        await Task.WhenAll([Task.Run(Write, cancellationToken), .. Enumerable.Range(1, 3).Select(reader => Task.Run(() => Read(reader), cancellationToken))]).ConfigureAwait(false);
        return (reads, rows, torn);
    }

    // Two windows of six aggregates, a distinct count, four plain features.
    private static bool IsWhole(FeatureValue[] values)
    {
        for (var window = 0; window < 12; window += 6)
        {
            if (values[window].ToDouble() > 0 && !(values[window + 1].ToDouble() == 7 && values[window + 2].ToDouble() == 7 && values[window + 3].ToDouble() == 7 && values[window + 4].ToDouble() == 0 && values[window + 5].ToDouble() == 7))
                return false;
        }

        if (values[0].ToDouble() > values[6].ToDouble() || values[12].ToDouble() != (values[0].ToDouble() > 0 ? 1 : 0))
            return false;
        if (!values[13].HasValue)
            return !values[14].HasValue && !values[15].HasValue && !values[16].HasValue;
        var number = values[13].ToInt64();
        return values[14].ToDouble() == number && values[15].ToDouble() == number && values[16].ToText() == Labels[number % Labels.Length];
    }
}
