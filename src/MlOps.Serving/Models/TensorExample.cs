using System.Globalization;
using System.Text.Json;

namespace MlOps.Serving;

/// <summary>
/// A stored example in tensors, in the JSON of the Open Inference Protocol's inference bodies: <c>inputs</c> and <c>outputs</c>, each a
/// list of <c>name</c>, <c>shape</c>, <c>datatype</c> and flat or nested <c>data</c>; and <c>tolerance</c>.
/// </summary>
internal sealed class TensorExample
{
    private TensorExample(IReadOnlyDictionary<string, ModelValue> inputs, IReadOnlyDictionary<string, ModelValue> outputs, double tolerance)
    {
        Inputs = inputs;
        Outputs = outputs;
        Tolerance = tolerance;
    }

    public IReadOnlyDictionary<string, ModelValue> Inputs { get; }

    public IReadOnlyDictionary<string, ModelValue> Outputs { get; }

    public double Tolerance { get; }

    /// <summary>Reads an example.</summary>
    /// <exception cref="JsonException">It is not of that form; the message names the tensor.</exception>
    public static TensorExample Parse(JsonElement json) => new(
        Tensors(json, "inputs"), json.TryGetProperty("outputs", out _) ? Tensors(json, "outputs") : new Dictionary<string, ModelValue>(),
        json.TryGetProperty("tolerance", out var tolerance) ? tolerance.GetDouble() : 1e-5);

    /// <summary>Where two tensors differ by more than the tolerance, or null.</summary>
    public static string? Difference(TensorValue expected, ModelValue actual, double tolerance)
    {
        if (actual is not TensorValue tensor)
            return $"is a {actual.GetType().Name}, not a tensor";
        if (tensor.Type != expected.Type || !tensor.Shape.SequenceEqual(expected.Shape))
            return $"is {tensor.Type}[{string.Join(", ", tensor.Shape.ToArray())}], expected {expected.Type}[{string.Join(", ", expected.Shape.ToArray())}]";
        return (expected, tensor) switch
        {
            (TensorValue<float> e, TensorValue<float> a) => Near(e.Data.Span, a.Data.Span, tolerance, static value => value),
            (TensorValue<double> e, TensorValue<double> a) => Near(e.Data.Span, a.Data.Span, tolerance, static value => value),
            (TensorValue<Half> e, TensorValue<Half> a) => Near(e.Data.Span, a.Data.Span, tolerance, static value => (double)value),
            (TensorValue<BFloat16> e, TensorValue<BFloat16> a) => Near(e.Data.Span, a.Data.Span, tolerance, static value => (float)value),
            (TensorValue<string> e, TensorValue<string> a) => e.Data.Span.SequenceEqual(a.Data.Span) ? null : "holds other texts than expected",
            _ => expected.Bytes.SequenceEqual(tensor.Bytes) ? null : "holds other values than expected",
        };
    }

    private static string? Near<T>(ReadOnlySpan<T> expected, ReadOnlySpan<T> actual, double tolerance, Func<T, double> number)
    {
        for (var i = 0; i < expected.Length; i++)
        {
            var (wanted, got) = (number(expected[i]), number(actual[i]));
            if (!(Math.Abs(wanted - got) <= tolerance * Math.Max(1, Math.Abs(wanted))) && wanted != got && !(double.IsNaN(wanted) && double.IsNaN(got)))
                return string.Create(CultureInfo.InvariantCulture, $"is {got:R} at element {i + 1}, expected {wanted:R} within {tolerance:R}");
        }

        return null;
    }

    private static OrderedDictionary<string, ModelValue> Tensors(JsonElement json, string property)
    {
        var tensors = new OrderedDictionary<string, ModelValue>(StringComparer.Ordinal);
        foreach (var tensor in json.GetProperty(property).EnumerateArray())
        {
            var name = Text(tensor, "name");
            try
            {
                tensors.Add(name, Tensor(tensor));
            }
            catch (Exception e) when (e is FormatException or InvalidOperationException or OverflowException or KeyNotFoundException or ArgumentException or InvalidInputException)
            {
                throw new JsonException($"tensor '{name}': {e.Message}", e);
            }
        }

        return tensors;
    }

    private static TensorValue Tensor(JsonElement json)
    {
        int[] shape = [.. json.GetProperty("shape").EnumerateArray().Select(dimension => dimension.GetInt32())];
        var data = json.GetProperty("data");
        return Text(json, "datatype") switch
        {
            "FP32" => Make(data, shape, static value => (float)Number(value)),
            "FP64" => Make(data, shape, Number),
            "FP16" => Make(data, shape, static value => (Half)Number(value)),
            "BF16" => Make(data, shape, static value => (BFloat16)(float)Number(value)),
            "INT8" => Make(data, shape, static value => value.GetSByte()),
            "INT16" => Make(data, shape, static value => value.GetInt16()),
            "INT32" => Make(data, shape, static value => value.GetInt32()),
            "INT64" => Make(data, shape, static value => value.GetInt64()),
            "UINT8" => Make(data, shape, static value => value.GetByte()),
            "UINT16" => Make(data, shape, static value => value.GetUInt16()),
            "UINT32" => Make(data, shape, static value => value.GetUInt32()),
            "UINT64" => Make(data, shape, static value => value.GetUInt64()),
            "BOOL" => Make(data, shape, static value => value.GetBoolean()),
            "BYTES" => Make(data, shape, static value => value.GetString() ?? ""),
            var other => throw new FormatException($"datatype '{other}' is none of the Open Inference Protocol's."),
        };
    }

    private static TensorValue<T> Make<T>(JsonElement data, int[] shape, Func<JsonElement, T> read)
    {
        var values = new List<T>();
        Flatten(data, values, read);
        return TensorValue.Create<T>(values.ToArray().AsMemory(), shape);
    }

    private static void Flatten<T>(JsonElement json, List<T> values, Func<JsonElement, T> read)
    {
        if (json.ValueKind != JsonValueKind.Array)
        {
            values.Add(read(json));
            return;
        }

        foreach (var item in json.EnumerateArray())
            Flatten(item, values, read);
    }

    // JSON has no numbers for these; they are written as texts.
    private static double Number(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => json.GetString() switch
        {
            "NaN" => double.NaN,
            "Infinity" => double.PositiveInfinity,
            "-Infinity" => double.NegativeInfinity,
            var text => throw new FormatException($"'{text}' is not a number."),
        },
        _ => json.GetDouble(),
    };

    private static string Text(JsonElement json, string property) => json.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.String
        ? value.GetString()!
        : throw new JsonException($"a tensor has no '{property}'");
}
