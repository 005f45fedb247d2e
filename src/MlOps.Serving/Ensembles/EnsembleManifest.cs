using System.Text.Json;
using MlOps.Registry;

namespace MlOps.Serving;

/// <summary>
/// Reads the JSON of an ensemble: <c>name</c>, <c>inputs</c> [{<c>name</c>, <c>type</c>, <c>shape</c>}], <c>steps</c> [{<c>name</c>, <c>model</c> and
/// <c>version</c> or <c>function</c>, <c>take</c> {input: value}, <c>give</c> {output: value}}], <c>outputs</c> [value or {<c>name</c>, <c>type</c>, <c>shape</c>}].
/// </summary>
internal static class EnsembleManifest
{
    private const int MostSteps = 256;

    public static EnsembleBuilder Read(ReadOnlyMemory<byte> json, string subject, IReadOnlyDictionary<string, ModelFunction> functions)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 8 });
            var root = document.RootElement;
            Known(root, "the ensemble", "name", "inputs", "steps", "outputs");
            var builder = new EnsembleBuilder(root.TryGetProperty("name", out var name) ? Text(name, "name") : subject);
            foreach (var input in List(root, "inputs"))
                builder.Input(Spec(input, "inputs"));
            var steps = List(root, "steps").ToArray();
            if (steps.Length > MostSteps)
                throw new InvalidDefinitionException($"It has {steps.Length} steps; at most {MostSteps} are possible.");
            foreach (var step in steps)
                Step(builder, step, functions);
            foreach (var output in List(root, "outputs"))
            {
                if (output.ValueKind == JsonValueKind.String)
                {
                    builder.Output(output.GetString()!);
                    continue;
                }

                var spec = Spec(output, "outputs");
                builder.Output(spec.Name, Enum.Parse<TensorType>(spec.ElementType, ignoreCase: true), [.. spec.Shape]);
            }

            return builder;
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidDefinitionException or InvalidOperationException or ArgumentException)
        {
            throw new InvalidDefinitionException($"The ensemble of {subject} cannot be read: {e.Message}", e);
        }
    }

    private static void Step(EnsembleBuilder builder, JsonElement step, IReadOnlyDictionary<string, ModelFunction> functions)
    {
        Known(step, "a step", "name", "model", "version", "function", "take", "give");
        var name = Text(Required(step, "name", "a step"), "name");
        void Connect(EnsembleStepBuilder connect)
        {
            foreach (var (input, value) in Pairs(step, "take"))
                connect.Take(input, value);
            foreach (var (output, value) in Pairs(step, "give"))
                connect.Give(output, value);
        }

        if (step.TryGetProperty("function", out var function))
        {
            var called = Text(function, "function");
            if (!functions.TryGetValue(called, out var known) || known.Tensors is null)
                throw new InvalidDefinitionException($"Step '{name}' names the function '{called}', which this process does not know. {NearestNames.Describe(called, functions.Keys)}");
            builder.Function(name, known.Tensors, Connect);
            return;
        }

        var model = Text(Required(step, "model", $"step '{name}'"), "model");
        var version = Required(step, "version", $"step '{name}'");
        if (version.ValueKind != JsonValueKind.Number || !version.TryGetInt32(out var number))
            throw new InvalidDefinitionException($"'version' of step '{name}' is to be a number.");
        builder.Model(name, new ModelVersionRef(model, number), Connect);
    }

    private static TensorSpec Spec(JsonElement element, string where)
    {
        Known(element, $"an entry of '{where}'", "name", "type", "shape");
        var name = Text(Required(element, "name", $"an entry of '{where}'"), "name");
        var type = Text(Required(element, "type", $"'{name}'"), "type");
        if (!Enum.TryParse<TensorType>(type, ignoreCase: true, out var known) || !Enum.IsDefined(known))
            throw new InvalidDefinitionException($"The type '{type}' of '{name}' is unknown; known are {string.Join(", ", Enum.GetNames<TensorType>()).ToLowerInvariant()}.");
        var shape = element.TryGetProperty("shape", out var dimensions)
            ? dimensions.EnumerateArray().Select(dimension => dimension.ValueKind == JsonValueKind.Number ? dimension.GetInt32().ToString(System.Globalization.CultureInfo.InvariantCulture) : Text(dimension, "shape")).ToArray()
            : [];
        return new TensorSpec(name, type.ToLowerInvariant(), shape);
    }

    private static IEnumerable<JsonElement> List(JsonElement root, string name)
    {
        var list = Required(root, name, "the ensemble");
        return list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : throw new InvalidDefinitionException($"'{name}' is to be a list.");
    }

    private static IEnumerable<(string Key, string Value)> Pairs(JsonElement step, string name) =>
        step.TryGetProperty(name, out var pairs) ? pairs.EnumerateObject().Select(pair => (pair.Name, Text(pair.Value, name))) : [];

    private static JsonElement Required(JsonElement element, string name, string of) =>
        element.TryGetProperty(name, out var value) ? value : throw new InvalidDefinitionException($"'{name}' of {of} is missing.");

    private static string Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.String && element.GetString() is { Length: > 0 } text ? text : throw new InvalidDefinitionException($"'{name}' is to be text.");

    private static void Known(JsonElement element, string what, params ReadOnlySpan<string> names)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw new InvalidDefinitionException($"{what} is to be an object.");
        foreach (var property in element.EnumerateObject())
        {
            if (!names.Contains(property.Name))
                throw new InvalidDefinitionException($"{what} has a field '{property.Name}'; known are {string.Join(", ", names.ToArray())}.");
        }
    }
}
