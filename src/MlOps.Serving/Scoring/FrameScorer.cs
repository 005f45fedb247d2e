namespace MlOps.Serving;

/// <summary>Runs the rows of frames through a model in full batches. Rows that cannot be scored are marked, never the whole batch.</summary>
internal sealed class FrameScorer : IDisposable
{
    private const int BatchRows = 256;

    private readonly IModelRuntime _runtime;
    private readonly IReadOnlyList<string> _features;
    private readonly bool _passNaN;
    private readonly IBatchBuffer _buffer;
    private readonly int[] _rows;

    public FrameScorer(IModelRuntime runtime, IReadOnlyList<string> features, bool passNaN)
    {
        _runtime = runtime;
        _features = features;
        _passNaN = passNaN;
        _buffer = runtime.CreateBuffer(Math.Min(Math.Min(BatchRows, runtime.FixedBatchSize ?? BatchRows), BatchEngine.RowsThatFit(runtime)));
        _rows = new int[_buffer.MaximumRows];
    }

    public int Outputs => _runtime.OutputWidth;

    public string? FirstError { get; private set; }

    /// <summary>Scores a frame.</summary>
    /// <param name="frame">The rows.</param>
    /// <param name="ok">Set for rows that were scored.</param>
    /// <returns>The scores, row-major.</returns>
    public float[] Score(DataFrame frame, bool[] ok)
    {
        var scores = new float[frame.RowCount * Outputs];
        var columns = _features.Select(name => Floats(frame[name])).ToArray();
        var width = columns.Length;
        var count = 0;
        for (var row = 0; row < frame.RowCount; row++)
        {
            var input = _buffer.Input.Span.Slice(count * width, width);
            var bad = -1;
            for (var i = 0; i < width; i++)
            {
                var value = columns[i][row];
                input[i] = value;
                if (float.IsInfinity(value) || (!_passNaN && float.IsNaN(value)))
                    bad = i;
            }

            if (bad >= 0)
            {
                FirstError ??= $"Feature '{_features[bad]}' of row {row + 1} is missing, NaN or infinite.";
                continue;
            }

            _rows[count++] = row;
            if (count == _rows.Length)
            {
                Run(count, scores, ok);
                count = 0;
            }
        }

        if (count > 0)
            Run(count, scores, ok);
        return scores;
    }

    public void Dispose() => _buffer.Dispose();

    private void Run(int count, float[] scores, bool[] ok)
    {
        try
        {
            _buffer.Run(count);
            for (var i = 0; i < count; i++)
                Take(i, _rows[i], scores, ok);
        }
        catch (Exception) when (count > 1)
        {
            RunSingly(count, scores, ok);
        }
        catch (Exception e)
        {
            FirstError ??= $"The model failed on row {_rows[0] + 1}: {e.Message}";
        }
    }

    private void RunSingly(int count, float[] scores, bool[] ok)
    {
        var width = _runtime.InputWidth;
        var input = _buffer.Input.Span;
        for (var i = 0; i < count; i++)
        {
            input.Slice(i * width, width).CopyTo(input);
            try
            {
                _buffer.Run(1);
                Take(0, _rows[i], scores, ok);
            }
            catch (Exception e)
            {
                FirstError ??= $"The model failed on row {_rows[i] + 1}: {e.Message}";
            }
        }
    }

    private void Take(int from, int row, float[] scores, bool[] ok)
    {
        _buffer.Output.Span.Slice(from * Outputs, Outputs).CopyTo(scores.AsSpan(row * Outputs));
        ok[row] = true;
    }

    private static float[] Floats(DataColumn column)
    {
        var values = new float[column.Length];
        switch (column)
        {
            case DataColumn<float> floats:
                floats.Span.CopyTo(values);
                break;
            case DataColumn<double> doubles:
                Convert(doubles.Span, values, static value => (float)value);
                break;
            case DataColumn<int> ints:
                Convert(ints.Span, values, static value => value);
                break;
            case DataColumn<long> longs:
                Convert(longs.Span, values, static value => value);
                break;
            case DataColumn<bool> flags:
                Convert(flags.Span, values, static value => value ? 1f : 0f);
                break;
            default:
                throw new InvalidInputException($"Feature column '{column.Name}' holds {column.Type}; a model takes numbers and truth values.");
        }

        if (column.NullCount > 0)
        {
            for (var row = 0; row < values.Length; row++)
            {
                if (column.IsNull(row))
                    values[row] = float.NaN;
            }
        }

        return values;
    }

    private static void Convert<T>(ReadOnlySpan<T> from, float[] to, Func<T, float> convert)
    {
        for (var i = 0; i < from.Length; i++)
            to[i] = convert(from[i]);
    }
}
