using System.Globalization;
using MlOps.Benchmarks.Measuring;
using MlOps.Learning;

namespace MlOps.Benchmarks.Claims.Learning;

internal static class LearningClaims
{
    private const int Columns = 20;
    private const int Trees = 20;

    public static IEnumerable<IClaim> All =>
    [
        new Claim(
            "learning.trees",
            "CPU of training one boosted tree of 31 leaves, 1,000,000 rows x 20 columns, binning included, over one naive histogram pass (each cell adds gradient and hessian)",
            "at most 10 x",
            (context, stop) => Task.FromResult(Fit(context, stop))),
        new Claim(
            "learning.predict",
            "CPU per row of a naive walk through linked nodes over that of the model's batch prediction, 100 trees of 31 leaves, equal answers",
            "at least 1.5 x",
            (context, stop) => Task.FromResult(Predict(context, stop))),
    ];

    private static ClaimResult Fit(ClaimContext context, CancellationToken stop)
    {
        const string naive = "naive histogram pass";
        const string fit = "one boosted tree";
        var data = Data(1_000_000, context.Seed);
        var trainer = new GradientBoostedTreesTrainer(new GradientBoostedTreesOptions { Trees = Trees, Seed = 1 });
        byte[][] bins = [.. Enumerable.Range(0, Columns).Select(column => Bins(data.Column(column)))];
        float[] gradients = [.. Enumerable.Range(0, data.RowCount).Select(row => 0.5f - data.Labels[row])];
        double[] sums = new double[2 * 256];
        var result = Paired.MeasureAsync(
            new PairedOptions { Rounds = 2, Operations = Trees, WarmUp = TimeSpan.Zero },
            [
                (naive, (_, count) =>
                {
                    for (int tree = 0; tree < count; tree++)
                    {
                        foreach (byte[] column in bins)
                        {
                            Array.Clear(sums);
                            for (int row = 0; row < column.Length; row++)
                            {
                                int at = column[row] * 2;
                                sums[at] += gradients[row];
                                sums[at + 1] += 0.25;
                            }
                        }
                    }

                    return Task.FromResult((long)sums[0]);
                }),
                (fit, (_, _) => Task.FromResult((long)((GradientBoostedTreesModel)trainer.Train(data, cancellationToken: stop)).TreeCount)),
            ],
            stop).GetAwaiter().GetResult();
        double ratio = result.CpuRatio(fit, naive);
        double rows = data.RowCount * 1e9 / result[fit].CpuNanoseconds;
        return ClaimResult.AtMost(
            ratio, 10, string.Create(CultureInfo.InvariantCulture, $"{ratio:F1} x ({rows / 1e6:F1} M rows/CPU s a tree)"),
            result.ToDetail($"One tree of {Trees}, all threads", naive));
    }

    private static ClaimResult Predict(ClaimContext context, CancellationToken stop)
    {
        const string naive = "naive walk";
        const string batch = "batch prediction";
        var train = Data(50_000, context.Seed);
        var model = (GradientBoostedTreesModel)new GradientBoostedTreesTrainer(new GradientBoostedTreesOptions { Trees = 100, Seed = 1 }).Train(train, cancellationToken: stop);
        var data = Data(20_000, context.Seed + 1);
        var roots = LinkedNode.From(model.Forest);
        float[] walked = new float[data.RowCount], predicted = new float[data.RowCount];
        float[] rows = new float[data.RowCount * Columns];
        for (int row = 0; row < data.RowCount; row++)
            data.CopyRow(row, rows.AsSpan(row * Columns, Columns));
        var result = Paired.Measure(
            new PairedOptions { Rounds = 12, Operations = data.RowCount, WarmUp = TimeSpan.FromSeconds(0.5) },
            (naive, (_, count) =>
            {
                for (int row = 0; row < count; row++)
                {
                    double score = model.Forest.BaseScore;
                    foreach (var root in roots)
                        score += root.Walk(rows.AsSpan(row * Columns, Columns));
                    walked[row] = (float)(1 / (1 + Math.Exp(-score)));
                }

                return (long)walked[0];
            }),
            (batch, (_, _) =>
            {
                model.Predict(data, predicted, stop);
                return (long)predicted[0];
            }));
        for (int row = 0; row < predicted.Length; row++)
        {
            if (Math.Abs(walked[row] - predicted[row]) > 1e-6)
                throw new InvalidOperationException($"Row {row}: {predicted[row]} instead of {walked[row]}.");
        }

        double gain = result.CpuRatio(naive, batch);
        double rate = 1e9 / result[batch].CpuNanoseconds;
        return ClaimResult.AtLeast(
            gain, 1.5, string.Create(CultureInfo.InvariantCulture, $"{gain:F1} x ({rate / 1e3:F0} k rows/CPU s)"), result.ToDetail("One row, 100 trees", naive));
    }

    private static FeatureMatrix Data(int rows, int seed)
    {
        var random = new Random(seed);
        float[][] columns = [.. Enumerable.Range(0, Columns).Select(_ => new float[rows])];
        float[] labels = new float[rows];
        for (int row = 0; row < rows; row++)
        {
            foreach (float[] column in columns)
                column[row] = (float)random.NextDouble();
            double score = (2 * columns[0][row]) - columns[1][row] + (3 * columns[2][row] * columns[3][row]) + Math.Sin(6 * columns[4][row]) - 1.2;
            labels[row] = random.NextDouble() < 1 / (1 + Math.Exp(-2 * score)) ? 1 : 0;
        }

        return new FeatureMatrix([.. Enumerable.Range(0, Columns).Select(i => $"c{i}")], columns, labels);
    }

    private static byte[] Bins(ReadOnlySpan<float> values)
    {
        byte[] bins = new byte[values.Length];
        for (int i = 0; i < bins.Length; i++)
            bins[i] = (byte)Math.Min(254, values[i] * 255);
        return bins;
    }
}
