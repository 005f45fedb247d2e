using System.Globalization;

namespace MlOps.Serving;

internal sealed partial class TensorEngine
{
    // So many rows may always wait.
    private const int FewRows = 64;

    /// <summary>The output that the scores of rows stand in; null for a model without rows.</summary>
    public string? RowOutputName => _rowOutput?.Name;

    // A model of rows asked for rows: the row engine's batches are shared, so that callers of both kinds fill them together.
    private TensorValue<float>? AsRows(IReadOnlyDictionary<string, ModelValue> inputs) =>
        _rowShape is not null && inputs.Count == 1 && inputs.TryGetValue(_runtime.Inputs[0].Name, out var value) && value is TensorValue<float> { Shape.Length: > 0 } rows &&
        rows.Shape[0] > 0 && rows.Length == (long)rows.Shape[0] * _runtime.InputWidth && ShapeFits(rows)
            ? rows
            : null;

    private bool ShapeFits(TensorValue<float> rows) => rows.Shape[1..].SequenceEqual(_rowShape);

    // More rows than fit a batch run as they are, unless the model fixes its batch.
    private bool GoesByRow(TensorValue<float> rows, IReadOnlyCollection<string>? outputs) =>
        _rowEngine is not null && rows.Shape[0] <= Math.Max(_rowEngine.MaximumRows, _runtime.FixedBatchSize is null ? 0 : FewRows) &&
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
        var i = RowCheck.Find(values, pass);
        return i < 0 ? null : new InvalidInputException(
            $"Element {(i % _runtime.InputWidth) + 1} of row {(i / _runtime.InputWidth) + 1} of input '{_runtime.Inputs[0].Name}' is {values[i]}. " +
            "Send a finite number, or set BatchingOptions.MissingFeatures to Pass if the model knows missing values.");
    }

    private long _rowsGiven;

    /// <summary>Rows that the row engine computed for requests in tensors.</summary>
    public long RowsGiven => Interlocked.Read(ref _rowsGiven);

    private async ValueTask<TensorAnswer> RunRowsAsync(
        TensorValue<float> rows, RowTerms terms, IReadOnlyDictionary<string, TensorValue>? into)
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
        var answer = await _rowEngine!.PredictRowsAsync(rows.Data.Span, count, scores.Data, terms).ConfigureAwait(false);
        if (answer.Status == PredictionStatus.Ok)
            Interlocked.Add(ref _rowsGiven, count);
        return answer.Status == PredictionStatus.Ok
            ? new TensorAnswer(PredictionStatus.Ok, new NamedValues(_outputNames.Length == 1 ? _outputNames : [output.Name], [scores]))
            : new TensorAnswer(answer.Status, Error: answer.Error, Wait: answer.Status == PredictionStatus.Overloaded ? answer.Detail : 0);
    }
}
