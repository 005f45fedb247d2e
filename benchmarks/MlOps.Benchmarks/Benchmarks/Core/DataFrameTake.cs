using BenchmarkDotNet.Attributes;

namespace MlOps.Benchmarks.Benchmarks.Core;

/// <summary>Picks rows of a four-column frame, against the same gather over bare arrays.</summary>
public class DataFrameTake
{
    private const int Rows = 100_000;
    private const int Taken = 10_000;

    private double[][] _arrays = [];
    private DataFrame _frame = new([]);
    private int[] _rows = [];

    [GlobalSetup]
    public void SetUp()
    {
        var random = new Random(1);
        _arrays = [.. Enumerable.Range(0, 4).Select(_ => Enumerable.Range(0, Rows).Select(_ => random.NextDouble()).ToArray())];
        _frame = new DataFrame(_arrays.Select((values, i) => DataColumn.Create($"column{i}", values)));
        _rows = [.. Enumerable.Range(0, Taken).Select(_ => random.Next(Rows))];
    }

    [Benchmark(Baseline = true)]
    public double[][] Arrays()
    {
        var result = new double[_arrays.Length][];
        for (int column = 0; column < result.Length; column++)
        {
            double[] source = _arrays[column];
            double[] target = new double[_rows.Length];
            for (int i = 0; i < target.Length; i++)
                target[i] = source[_rows[i]];
            result[column] = target;
        }

        return result;
    }

    [Benchmark]
    public DataFrame Frame() => _frame.Take(_rows);
}
