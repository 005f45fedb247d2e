namespace MlOps.Serving;

/// <summary>
/// Tells the sinks of answers in tensors: a record per row where the model maps rows of floats to rows of floats, otherwise one record
/// with the float outputs one after the other and no features.
/// </summary>
internal static class TensorRecords
{
    /// <summary>The most scores of a record; outputs that do not fit are left out of it.</summary>
    public const int MostScores = 4096;

    public static void Send(
        IPredictionSink[] sinks, ServedVersion version, PredictionRecord record, IReadOnlyDictionary<string, ModelValue> inputs, IReadOnlyDictionary<string, ModelValue> outputs)
    {
        var width = version.Engine.InputWidth;
        if (width > 0 && inputs.Count == 1 && inputs.Values.First() is TensorValue<float> { Shape.Length: > 0 } rows && rows.Length == (long)rows.Shape[0] * width)
        {
            var scores = version.Tensors.RowOutputName is { } name && outputs.GetValueOrDefault(name) is TensorValue<float> output ? output.Data : default;
            var each = version.Engine.OutputWidth;
            var id = record.Id;
            for (var row = 0; row < rows.Shape[0]; row++)
            {
                record = record with
                {
                    Id = TensorPrediction.IdOf(id, row), FeatureNames = version.Features, Features = rows.Data.Slice(row * width, width),
                    Scores = scores.IsEmpty ? default : scores.Slice(row * each, each),
                };
                foreach (var sink in sinks)
                    sink.Record(record);
            }

            return;
        }

        record = record with { FeatureNames = [], Features = default, Scores = Floats(outputs) };
        foreach (var sink in sinks)
            sink.Record(record);
    }

    private static ReadOnlyMemory<float> Floats(IReadOnlyDictionary<string, ModelValue> outputs)
    {
        TensorValue<float>? only = null;
        float[]? all = null;
        var count = 0;
        foreach (var value in outputs.Values)
        {
            if (value is not TensorValue<float> floats || count + floats.Length > MostScores)
                continue;
            if (only is null)
            {
                only = floats;
            }
            else
            {
                all ??= new float[MostScores];
                if (count == only.Length)
                    only.Data.Span.CopyTo(all);
                floats.Data.Span.CopyTo(all.AsSpan(count));
            }

            count += floats.Length;
        }

        return all is null ? only?.Data ?? default : all.AsMemory(0, count);
    }
}
