namespace MlOps.Serving.Parity.Tests;

/// <summary>Compares values bit by bit, or within the tolerance of ONNX's own backend tests.</summary>
internal static class Values
{
    public static string? Difference(ModelValue expected, ModelValue actual)
    {
        switch (expected, actual)
        {
            case (TensorValue e, TensorValue a):
                if (e.Type != a.Type || !e.Shape.SequenceEqual(a.Shape))
                    return $"{e.Type}[{string.Join(", ", e.Shape.ToArray())}] expected, {a.Type}[{string.Join(", ", a.Shape.ToArray())}] given";
                return e is TensorValue<string> texts ? texts.Data.Span.SequenceEqual(((TensorValue<string>)a).Data.Span) ? null : "other texts" : e.Bytes.SequenceEqual(a.Bytes) ? null : "other bits";
            case (SequenceValue e, SequenceValue a):
                return e.Items.Count != a.Items.Count
                    ? $"{e.Items.Count} items expected, {a.Items.Count} given"
                    : e.Items.Zip(a.Items).Select(pair => Difference(pair.First, pair.Second)).FirstOrDefault(difference => difference is not null);
            case (MapValue e, MapValue a):
                return Difference(e.Keys, a.Keys) ?? Difference(e.Values, a.Values);
            default:
                return $"{expected.GetType().Name} expected, {actual.GetType().Name} given";
        }
    }

    public static bool Near(ModelValue? expected, ModelValue actual)
    {
        switch (expected, actual)
        {
            case (TensorValue e, TensorValue a):
                if (e.Type != a.Type || !e.Shape.SequenceEqual(a.Shape))
                    return false;
                return e switch
                {
                    TensorValue<float> f => Near(f.Data.Span, a.AsSpan<float>(), value => value),
                    TensorValue<double> f => Near(f.Data.Span, a.AsSpan<double>(), value => value),
                    TensorValue<Half> f => Near(f.Data.Span, a.AsSpan<Half>(), value => (double)value),
                    TensorValue<BFloat16> f => Near(f.Data.Span, a.AsSpan<BFloat16>(), value => (float)value),
                    _ => Difference(e, a) is null,
                };
            case (SequenceValue e, SequenceValue a):
                return e.Items.Count == a.Items.Count && e.Items.Zip(a.Items).All(pair => Near(pair.First, pair.Second));
            default:
                return false;
        }
    }

    private static bool Near<T>(ReadOnlySpan<T> expected, ReadOnlySpan<T> actual, Func<T, double> number)
    {
        for (var i = 0; i < expected.Length; i++)
        {
            var (e, a) = (number(expected[i]), number(actual[i]));
            if (!(e.Equals(a) || Math.Abs(e - a) <= 1e-7 + (1e-3 * Math.Abs(e))))
                return false;
        }

        return true;
    }
}
