namespace MlOps.Serving;

/// <summary>Runs runtimes that know only rows on tensors: one float input and one float output.</summary>
internal static class RowTensors
{
    public static IReadOnlyDictionary<string, ModelValue> Run(
        IModelRuntime runtime, IReadOnlyDictionary<string, ModelValue> inputs, IReadOnlyCollection<string>? outputs)
    {
        var (input, output) = (runtime.Inputs[0].Name, runtime.Outputs[0].Name);
        foreach (var name in inputs.Keys)
        {
            if (name != input)
                throw new InvalidInputException($"The model has no input '{name}'. {NearestNames.Describe(name, [input])}");
        }

        foreach (var name in outputs ?? [])
        {
            if (name != output)
                throw new InvalidInputException($"The model has no output '{name}'. {NearestNames.Describe(name, [output])}");
        }

        if (inputs.GetValueOrDefault(input) is not TensorValue<float> rows || rows.Shape.Length == 0 || rows.Shape[0] < 0 || rows.Length != (long)rows.Shape[0] * runtime.InputWidth)
            throw new InvalidInputException($"Input '{input}' is to be a float tensor [N, {runtime.InputWidth}].");
        var count = rows.Shape[0];
        var scores = new float[count * runtime.OutputWidth];
        if (count > 0)
        {
            using var buffer = runtime.CreateBuffer(Math.Min(count, runtime.FixedBatchSize ?? count));
            for (int row = 0, step; row < count; row += step)
            {
                step = Math.Min(buffer.MaximumRows, count - row);
                rows.Data.Span.Slice(row * runtime.InputWidth, step * runtime.InputWidth).CopyTo(buffer.Input.Span);
                buffer.Run(step);
                buffer.Output.Span[..(step * runtime.OutputWidth)].CopyTo(scores.AsSpan(row * runtime.OutputWidth));
            }
        }

        return new Dictionary<string, ModelValue>(StringComparer.Ordinal) { [output] = TensorValue.Create(scores, count, runtime.OutputWidth) };
    }
}
