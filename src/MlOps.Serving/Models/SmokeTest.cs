using System.Globalization;
using System.Text.Json;
using MlOps.Registry;

namespace MlOps.Serving;

/// <summary>
/// Replays a version's stored example, and runs models without rows once or twice so that their first request does not pay for it.
/// Example and expectation are the registrant's word for what the file does: a version that does not keep it is not served.
/// </summary>
internal sealed class SmokeTest(EnvironmentContext context)
{
    private const int LargestExample = 16 << 20;
    private const long LargestGenerated = 1 << 20;
    private const int WarmRuns = 3;

    /// <summary>Replays the example, if there is one.</summary>
    /// <returns>What was found.</returns>
    /// <exception cref="InvalidDefinitionException">The model does not do what its example says, or the example cannot be read.</exception>
    public async ValueTask<string> ReplayAsync(ModelVersion record, IModelRuntime runtime, CancellationToken cancellationToken)
    {
        var artifact = record.Artifacts.FirstOrDefault(candidate => candidate.Name == ModelArtifactNames.InputExample);
        if (artifact is null)
            return runtime.HasRows || Generate(runtime)
                ? "Loaded and ran; it has no stored example to compare with."
                : "Loaded; it has no stored example, and inputs made up from its shapes do not run.";
        try
        {
            var bytes = await context.Artifacts.GetBytesAsync(artifact.Content, LargestExample, cancellationToken).ConfigureAwait(false);
            using var json = JsonDocument.Parse(bytes);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("inputs", out _)
                ? Replay(record, runtime, TensorExample.Parse(json.RootElement))
                : Replay(record, runtime, json.RootElement.Deserialize(ServingJson.Default.InputExample));
        }
        catch (JsonException e)
        {
            throw new InvalidDefinitionException($"The stored example of {record.Ref} cannot be read: {e.Message}", e);
        }
    }

    private static string Replay(ModelVersion record, IModelRuntime runtime, TensorExample example)
    {
        IReadOnlyDictionary<string, ModelValue> outputs = example.Outputs;
        for (var run = 0; run < WarmRuns; run++)
        {
            try
            {
                outputs = runtime.Run(example.Inputs, example.Outputs.Count == 0 ? null : [.. example.Outputs.Keys]);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                throw new InvalidDefinitionException($"{record.Ref} loads but fails on its stored example: {e.Message}", e);
            }
        }

        foreach (var (name, expected) in example.Outputs)
        {
            if (TensorExample.Difference((TensorValue)expected, outputs[name], example.Tolerance) is { } difference)
                throw new InvalidDefinitionException($"{record.Ref} does not reproduce its stored example: output '{name}' {difference}.");
        }

        return example.Outputs.Count == 0
            ? "Loaded and ran on its stored example, which expects nothing."
            : $"Loaded, ran and reproduced its stored example of {example.Outputs.Count} tensors.";
    }

    private static string Replay(ModelVersion record, IModelRuntime runtime, InputExample? example)
    {
        if (example?.Input is not { Length: > 0 } input || example.Output is not { } output || output.Length != input.Length)
            throw new InvalidDefinitionException($"The stored example of {record.Ref} needs as many output rows as input rows, and at least one.");
        if (!runtime.HasRows)
            throw new InvalidDefinitionException(
                $"{record.Ref} has a stored example of rows, but its model does not map rows of floats to rows of floats: store an example with 'inputs' and 'outputs'.");
        using var buffer = runtime.CreateBuffer(1);
        for (var row = 0; row < input.Length; row++)
        {
            if (input[row].Length != runtime.InputWidth || output[row].Length != runtime.OutputWidth)
                throw new InvalidDefinitionException(
                    $"Row {row + 1} of the stored example of {record.Ref} has {input[row].Length} features and {output[row].Length} scores; the model has {runtime.InputWidth} and {runtime.OutputWidth}.");
            input[row].CopyTo(buffer.Input.Span);
            ModelLoader.Run(buffer, 1, record.Ref);
            for (var i = 0; i < output[row].Length; i++)
            {
                var (expected, actual) = (output[row][i], buffer.Output.Span[i]);
                if (!(Math.Abs((double)expected - actual) <= example.Tolerance * Math.Max(1, Math.Abs(expected))) && !(float.IsNaN(expected) && float.IsNaN(actual)))
                    throw new InvalidDefinitionException(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{record.Ref} does not reproduce its stored example: score {i + 1} of row {row + 1} is {actual:R}, expected {expected:R} within {example.Tolerance:R}."));
            }
        }

        return $"Loaded, ran and reproduced its stored example of {input.Length} rows.";
    }

    // Zeros in the declared shapes, symbols as 1. Models that want more of their inputs than that refuse; they are served all the same.
    private static bool Generate(IModelRuntime runtime)
    {
        var inputs = new Dictionary<string, ModelValue>(StringComparer.Ordinal);
        foreach (var input in runtime.Inputs)
        {
            if (!Enum.TryParse<TensorType>(input.ElementType, ignoreCase: true, out var type) || !Enum.IsDefined(type))
                return false;
            int[] shape = [.. input.Shape.Select(dimension => int.TryParse(dimension, NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : 1)];
            if (shape.Aggregate(1L, (product, size) => Math.Min(product * size, LargestGenerated + 1)) > LargestGenerated)
                return false;
            inputs.Add(input.Name, TensorValue.Zeros(type, shape));
        }

        try
        {
            for (var run = 0; run < WarmRuns; run++)
                runtime.Run(inputs);
            return true;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return false;
        }
    }
}
