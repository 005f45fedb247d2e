using System.Globalization;
using MlOps.Registry;

namespace MlOps.Serving;

/// <summary>Collects answers of some rows at a time into columns of a whole frame. Thread-safe for different rows.</summary>
internal sealed class FrameOutputs(int rows, bool isRows)
{
    private const int MostColumns = 4096;

    private readonly Lock _gate = new();
    private readonly List<(string Output, Array[] Columns, string[] Names)> _outputs = [];
    private readonly string?[] _errors = new string?[rows];
    private readonly string?[] _versions = new string?[rows];

    public string?[] Errors => _errors;

    public void Fail(int row, string error) => _errors[row] = error;

    /// <summary>Makes the columns of an output whose width the model says, so that they are there even when no row has an answer.</summary>
    public void Expect(TensorSpec output)
    {
        if (!Enum.TryParse<TensorType>(output.ElementType, ignoreCase: true, out var type) || output.Shape.Count == 0)
            return;
        var width = 1L;
        foreach (var dimension in output.Shape.Skip(1))
            width = int.TryParse(dimension, NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? Math.Min(width * size, int.MaxValue) : 0;
        if (width is > 0 and <= MostColumns)
            Columns(output.Name, type, (int)width);
    }

    /// <summary>Takes the answer of some rows.</summary>
    public void Take(ReadOnlySpan<int> places, TensorPrediction answer)
    {
        foreach (var (name, value) in answer.Outputs)
        {
            if (value is not TensorValue { Shape.Length: > 0 } tensor || tensor.Shape[0] != places.Length)
                continue;
            var width = tensor.Length / places.Length;
            if (width is 0 or > MostColumns)
                continue;
            Scatter(tensor, places, Columns(name, tensor.Type, width));
        }

        var version = answer.Version.ToString();
        foreach (var place in places)
            _versions[place] = version;
    }

    /// <summary>The result columns.</summary>
    public IEnumerable<DataColumn> Build(FrameOptions options)
    {
        ulong[]? validity = null;
        for (var row = 0; row < rows; row++)
        {
            if (_errors[row] is null)
                continue;
            if (validity is null)
            {
                validity = new ulong[(rows + 63) / 64];
                Array.Fill(validity, ulong.MaxValue);
            }

            validity[row >> 6] &= ~(1UL << (row & 63));
        }

        foreach (var (_, columns, names) in _outputs)
        {
            for (var c = 0; c < columns.Length; c++)
            {
                yield return columns[c] switch
                {
                    float[] floats => DataColumn.Create(names[c], floats, validity),
                    double[] doubles => DataColumn.Create(names[c], doubles, validity),
                    bool[] flags => DataColumn.Create(names[c], flags, validity),
                    string[] texts => DataColumn.Create(names[c], texts, validity),
                    var longs => DataColumn.Create(names[c], (long[])longs, validity),
                };
            }
        }

        if (options.VersionColumn is { } versions)
            yield return DataColumn.FromText(versions, _versions);
        if (options.ErrorColumn is { } errors)
            yield return DataColumn.FromText(errors, _errors);
    }

    private Array[] Columns(string output, TensorType type, int width)
    {
        lock (_gate)
        {
            foreach (var known in _outputs)
            {
                if (known.Output == output)
                    return known.Columns.Length == width ? known.Columns
                        : throw new InvalidInputException($"Output '{output}' has {width} values a row for some rows and {known.Columns.Length} for others: it does not fit columns. Ask for other outputs.");
            }

            // The scores of a model of rows are what everybody asks for; the output's own name says little.
            var name = isRows && _outputs.Count == 0 ? "score" : output;
            var columns = new Array[width];
            for (var c = 0; c < width; c++)
            {
                columns[c] = type switch
                {
                    TensorType.Float or TensorType.Float16 or TensorType.BFloat16 => new float[rows],
                    TensorType.Double => new double[rows],
                    TensorType.Bool => new bool[rows],
                    TensorType.String => new string[rows],
                    _ => new long[rows],
                };
            }

            _outputs.Add((output, columns, width == 1 ? [name] : [.. Enumerable.Range(1, width).Select(n => $"{name}_{n}")]));
            return columns;
        }
    }

    private static void Scatter(TensorValue tensor, ReadOnlySpan<int> places, Array[] columns)
    {
        switch (tensor)
        {
            case TensorValue<float> t: Scatter(t, places, columns, static value => value); break;
            case TensorValue<Half> t: Scatter(t, places, columns, static value => (float)value); break;
            case TensorValue<BFloat16> t: Scatter(t, places, columns, static value => (float)value); break;
            case TensorValue<double> t: Scatter(t, places, columns, static value => value); break;
            case TensorValue<bool> t: Scatter(t, places, columns, static value => value); break;
            case TensorValue<string> t: Scatter(t, places, columns, static value => value); break;
            case TensorValue<sbyte> t: Scatter(t, places, columns, static value => (long)value); break;
            case TensorValue<byte> t: Scatter(t, places, columns, static value => (long)value); break;
            case TensorValue<short> t: Scatter(t, places, columns, static value => (long)value); break;
            case TensorValue<ushort> t: Scatter(t, places, columns, static value => (long)value); break;
            case TensorValue<int> t: Scatter(t, places, columns, static value => (long)value); break;
            case TensorValue<uint> t: Scatter(t, places, columns, static value => (long)value); break;
            case TensorValue<long> t: Scatter(t, places, columns, static value => value); break;
            case TensorValue<ulong> t: Scatter(t, places, columns, static value => (long)value); break;
        }
    }

    private static void Scatter<TFrom, TTo>(TensorValue<TFrom> tensor, ReadOnlySpan<int> places, Array[] columns, Func<TFrom, TTo> convert)
    {
        var values = tensor.Data.Span;
        for (var c = 0; c < columns.Length; c++)
        {
            var column = (TTo[])columns[c];
            for (var i = 0; i < places.Length; i++)
                column[places[i]] = convert(values[(i * columns.Length) + c]);
        }
    }
}
