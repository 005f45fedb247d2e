using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;

namespace MlOps.Serving;

internal sealed partial class TensorEngine
{
    /// <summary>The output that the scores of rows stand in; null for a model without rows.</summary>
    public string? RowOutputName => _rowOutput?.Name;

    // A model of rows asked for rows: the row engine's batches are shared, so that callers of both kinds fill them together.
    private TensorValue<float>? AsRows(IReadOnlyDictionary<string, ModelValue> inputs) =>
        _rowShape is not null && inputs.Count == 1 && inputs.TryGetValue(_runtime.Inputs[0].Name, out var value) && value is TensorValue<float> { Shape.Length: > 0 } rows &&
        rows.Shape[0] > 0 && rows.Length == (long)rows.Shape[0] * _runtime.InputWidth && ShapeFits(rows)
            ? rows
            : null;

    private bool ShapeFits(TensorValue<float> rows) => rows.Shape[1..].SequenceEqual(_rowShape);

    // One row, or rows for a model that fixes its batch; more rows are a batch already.
    private bool GoesByRow(TensorValue<float> rows, IReadOnlyCollection<string>? outputs) =>
        _rowEngine is not null && (rows.Shape[0] == 1 || _runtime.FixedBatchSize is { } size && rows.Shape[0] != size) &&
        _rowOutput is { } output && (_outputNames.Length == 1 || (outputs is { Count: 1 } && outputs.First() == output.Name));

    private static int[]? FindRowShape(IModelRuntime runtime)
    {
        if (!runtime.HasRows || runtime.Inputs.Count != 1)
            return null;
        var shape = runtime.Inputs[0].Shape;
        return [.. shape.Skip(1).Select(dimension => int.TryParse(dimension, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1)];
    }

    // The output that the rows' scores are: the first float tensor of fixed rows, as the runtime chooses it.
    private static (string Name, int[] Row)? FindRowOutput(IModelRuntime runtime)
    {
        foreach (var output in runtime.Outputs)
        {
            if (output.ElementType != "float" || output.Shape.Count == 0)
                continue;
            var row = new int[output.Shape.Count - 1];
            var width = 1L;
            for (var i = 0; i < row.Length; i++)
                width *= row[i] = int.TryParse(output.Shape[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var dimension) ? dimension : 0;
            if (width == runtime.OutputWidth)
                return (output.Name, row);
        }

        return null;
    }

    private InvalidInputException? FindNotFinite(TensorValue<float> rows)
    {
        var pass = _options.MissingFeatures == MissingFeatures.Pass;
        var values = rows.Data.Span;

        // x * 0 is NaN for infinities and NaN, and 0 for all others.
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        var total = Vector<float>.Zero;
        foreach (var vector in vectors)
            total += vector * Vector<float>.Zero;
        var sum = Vector.Sum(total);
        foreach (var value in values[(vectors.Length * Vector<float>.Count)..])
            sum += value * 0f;
        for (var i = 0; sum != 0f && i < values.Length; i++)
        {
            if (float.IsInfinity(values[i]) || (!pass && float.IsNaN(values[i])))
            {
                return new InvalidInputException(
                    $"Element {(i % _runtime.InputWidth) + 1} of row {(i / _runtime.InputWidth) + 1} of input '{_runtime.Inputs[0].Name}' is {values[i]}. " +
                    "Send a finite number, or set BatchingOptions.MissingFeatures to Pass if the model knows missing values.");
            }
        }

        return null;
    }

    private async ValueTask<TensorAnswer> RunRowsAsync(
        TensorValue<float> rows, long deadline, CancellationToken cancellationToken, IReadOnlyDictionary<string, TensorValue>? into)
    {
        var output = _rowOutput!.Value;
        var (count, width, outputs) = (rows.Shape[0], _runtime.InputWidth, _runtime.OutputWidth);
        int[] shape = [count, .. output.Row];
        TensorValue? given = null;
        if (into?.TryGetValue(output.Name, out given) == true)
        {
            try
            {
                BatchMemory.CheckInto(output.Name, given, TensorType.Float, shape);
            }
            catch (InvalidInputException e)
            {
                return new TensorAnswer(PredictionStatus.InvalidInput, Error: e);
            }
        }

        var scores = (TensorValue<float>?)given ?? TensorValue.Create(new float[count * outputs], shape);
        var running = new ValueTask<BatchAnswer>[count];
        for (var row = 0; row < count; row++)
            running[row] = _rowEngine!.PredictAsync(rows.Data.Span.Slice(row * width, width), scores.Data.Slice(row * outputs, outputs), deadline, cancellationToken);
        BatchAnswer worst = default;
        OperationCanceledException? cancelled = null;
        foreach (var task in running)
        {
            try
            {
                var answer = await task.ConfigureAwait(false);
                if (worst.Status == PredictionStatus.Ok)
                    worst = answer;
            }
            catch (OperationCanceledException e)
            {
                cancelled = e;
            }
        }

        if (cancelled is not null)
            throw cancelled;
        return worst.Status == PredictionStatus.Ok
            ? new TensorAnswer(PredictionStatus.Ok, new NamedValues(_outputNames.Length == 1 ? _outputNames : [output.Name], [scores]))
            : new TensorAnswer(worst.Status, Error: worst.Error, Wait: worst.Status == PredictionStatus.Overloaded ? worst.Detail : 0);
    }
}
