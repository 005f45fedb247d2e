using System.Globalization;
using MlOps.Registry;

namespace MlOps.Serving;

/// <summary>Takes a model's inputs out of a frame's columns, and knows which rows cannot be given to the model.</summary>
internal sealed class FrameInputs
{
    private readonly DataFrame _frame;
    private readonly Input[] _inputs;
    private readonly string?[] _errors;

    private FrameInputs(DataFrame frame, Input[] inputs)
    {
        _frame = frame;
        _inputs = inputs;
        _errors = new string?[frame.RowCount];
    }

    /// <summary>Why a row cannot be given to the model; null for those that can.</summary>
    public IReadOnlyList<string?> Errors => _errors;

    /// <summary>Finds the columns.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="inputs">The model's inputs.</param>
    /// <param name="features">The features of the model's rows in order; empty when its signature does not name them.</param>
    /// <param name="isRows">Whether the model maps rows of floats to rows of floats.</param>
    /// <param name="passNaN">Whether missing numbers are given to the model.</param>
    /// <exception cref="NotFoundException">A column is missing.</exception>
    /// <exception cref="InvalidInputException">A column holds what the model does not take.</exception>
    public static FrameInputs Bind(DataFrame frame, IReadOnlyList<TensorSpec> inputs, IReadOnlyList<string> features, bool isRows, bool passNaN)
    {
        var bound = new Input[inputs.Count];
        for (var i = 0; i < bound.Length; i++)
        {
            var spec = inputs[i];
            if (!Enum.TryParse<TensorType>(spec.ElementType, ignoreCase: true, out var type) || spec.Shape.Count == 0)
                throw new InvalidInputException($"Input '{spec.Name}' is no tensor of rows: it cannot be taken from the columns of a frame.");
            var row = new int[spec.Shape.Count - 1];
            var width = 1;
            for (var d = 0; d < row.Length; d++)
            {
                // A dimension of unknown size is one value a row: columns hold single values.
                row[d] = int.TryParse(spec.Shape[d + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : 1;
                width = checked(width * row[d]);
            }

            var names = isRows && inputs.Count == 1 ? RowNames(frame, features, width) : width == 1 ? [spec.Name] : [.. Enumerable.Range(1, width).Select(n => $"{spec.Name}_{n}")];
            bound[i] = new Input(spec.Name, type, row, [.. names.Select(name => frame[name])]);
        }

        var result = new FrameInputs(frame, bound);
        foreach (var input in bound)
            result.Read(input, passNaN);
        return result;
    }

    /// <summary>The inputs of some rows.</summary>
    public Dictionary<string, ModelValue> Take(ReadOnlySpan<int> rows)
    {
        var values = new Dictionary<string, ModelValue>(_inputs.Length, StringComparer.Ordinal);
        foreach (var input in _inputs)
            values.Add(input.Name, Tensor(input, rows));
        return values;
    }

    private static IReadOnlyList<string> RowNames(DataFrame frame, IReadOnlyList<string> features, int width)
    {
        if (features.Count > 0)
            return features;
        return frame.Columns.Count == width
            ? [.. frame.Columns.Select(column => column.Name)]
            : throw new InvalidInputException(
                $"The model takes {width} features and its signature does not name them; the frame has {frame.Columns.Count} columns. Select the features in order, or register the version with their names.");
    }

    private void Read(Input input, bool passNaN)
    {
        for (var c = 0; c < input.Columns.Length; c++)
        {
            var column = input.Columns[c];
            if (input.Type == TensorType.String)
            {
                if (column is not DataColumn<string>)
                    throw new InvalidInputException($"Column '{column.Name}' holds {column.Type}; input '{input.Name}' takes texts.");
                for (var row = 0; row < column.Length; row++)
                {
                    if (column.IsNull(row))
                        _errors[row] ??= $"Text '{column.Name}' is missing.";
                }

                continue;
            }

            var fraction = input.Type is TensorType.Float or TensorType.Double or TensorType.Float16 or TensorType.BFloat16;
            var numbers = Numbers(column);
            input.Numbers[c] = numbers;
            var (low, high) = Range(input.Type);
            for (var row = 0; row < numbers.Length; row++)
            {
                var number = numbers[row];
                if (fraction ? !float.IsInfinity((float)number) && (passNaN || !double.IsNaN(number)) || input.Type == TensorType.Double && double.IsFinite(number)
                    : number >= low && number <= high && Math.Floor(number) == number)
                    continue;
                _errors[row] ??= double.IsNaN(number)
                    ? $"'{column.Name}' is missing or NaN."
                    : string.Create(CultureInfo.InvariantCulture, $"'{column.Name}' is {number:R}, which input '{input.Name}' ({input.Type}) does not take.");
            }
        }
    }

    // Null is NaN. Every type but 64-bit integers beyond 2^53 fits a double exactly.
    private static double[] Numbers(DataColumn column)
    {
        var values = new double[column.Length];
        switch (column)
        {
            case DataColumn<float> floats:
                for (var i = 0; i < values.Length; i++)
                    values[i] = floats.Span[i];
                break;
            case DataColumn<double> doubles:
                doubles.Span.CopyTo(values);
                break;
            case DataColumn<int> ints:
                for (var i = 0; i < values.Length; i++)
                    values[i] = ints.Span[i];
                break;
            case DataColumn<long> longs:
                for (var i = 0; i < values.Length; i++)
                    values[i] = longs.Span[i];
                break;
            case DataColumn<bool> flags:
                for (var i = 0; i < values.Length; i++)
                    values[i] = flags.Span[i] ? 1 : 0;
                break;
            default:
                throw new InvalidInputException($"Column '{column.Name}' holds {column.Type}; a model takes numbers and truth values there.");
        }

        for (var row = 0; column.NullCount > 0 && row < values.Length; row++)
        {
            if (column.IsNull(row))
                values[row] = double.NaN;
        }

        return values;
    }

    private static (double Low, double High) Range(TensorType type) => type switch
    {
        TensorType.Bool => (0, 1),
        TensorType.Int8 => (sbyte.MinValue, sbyte.MaxValue),
        TensorType.UInt8 => (0, byte.MaxValue),
        TensorType.Int16 => (short.MinValue, short.MaxValue),
        TensorType.UInt16 => (0, ushort.MaxValue),
        TensorType.Int32 => (int.MinValue, int.MaxValue),
        TensorType.UInt32 => (0, uint.MaxValue),
        TensorType.UInt64 => (0, 1L << 53),
        _ => (long.MinValue, long.MaxValue),
    };

    private TensorValue Tensor(Input input, ReadOnlySpan<int> rows)
    {
        int[] shape = [rows.Length, .. input.Row];
        return input.Type switch
        {
            TensorType.Float => Fill(input, rows, shape, static value => (float)value),
            TensorType.Double => Fill(input, rows, shape, static value => value),
            TensorType.Float16 => Fill(input, rows, shape, static value => (Half)value),
            TensorType.BFloat16 => Fill(input, rows, shape, static value => (BFloat16)(float)value),
            TensorType.Bool => Fill(input, rows, shape, static value => value != 0),
            TensorType.Int8 => Fill(input, rows, shape, static value => (sbyte)value),
            TensorType.UInt8 => Fill(input, rows, shape, static value => (byte)value),
            TensorType.Int16 => Fill(input, rows, shape, static value => (short)value),
            TensorType.UInt16 => Fill(input, rows, shape, static value => (ushort)value),
            TensorType.Int32 => Fill(input, rows, shape, static value => (int)value),
            TensorType.UInt32 => Fill(input, rows, shape, static value => (uint)value),
            TensorType.UInt64 => Fill(input, rows, shape, static value => (ulong)value),
            TensorType.Int64 => Longs(input, rows, shape),
            _ => Texts(input, rows, shape),
        };
    }

    private static TensorValue Fill<T>(Input input, ReadOnlySpan<int> rows, int[] shape, Func<double, T> convert)
    {
        var width = input.Columns.Length;
        var values = new T[rows.Length * width];
        for (var c = 0; c < width; c++)
        {
            var numbers = input.Numbers[c];
            for (var i = 0; i < rows.Length; i++)
                values[(i * width) + c] = convert(numbers[rows[i]]);
        }

        return TensorValue.Create(values.AsMemory(), shape);
    }

    private static TensorValue Longs(Input input, ReadOnlySpan<int> rows, int[] shape)
    {
        var width = input.Columns.Length;
        var tensor = (TensorValue<long>)Fill(input, rows, shape, static value => (long)value);
        for (var c = 0; c < width; c++)
        {
            if (input.Columns[c] is not DataColumn<long> column)
                continue;
            for (var i = 0; i < rows.Length; i++)
                tensor.Data.Span[(i * width) + c] = column.Span[rows[i]];
        }

        return tensor;
    }

    private static TensorValue Texts(Input input, ReadOnlySpan<int> rows, int[] shape)
    {
        var width = input.Columns.Length;
        var values = new string[rows.Length * width];
        for (var c = 0; c < width; c++)
        {
            var column = (DataColumn<string>)input.Columns[c];
            for (var i = 0; i < rows.Length; i++)
                values[(i * width) + c] = column.Span[rows[i]];
        }

        return TensorValue.Create(values.AsMemory(), shape);
    }

    private sealed record Input(string Name, TensorType Type, int[] Row, DataColumn[] Columns)
    {
        public double[][] Numbers { get; } = new double[Columns.Length][];
    }
}
