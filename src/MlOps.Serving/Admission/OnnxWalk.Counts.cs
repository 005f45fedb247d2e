using System.Globalization;

namespace MlOps.Serving;

/// <summary>
/// Constants that say how much is computed: target shapes, counts and trip counts. A constant may stand behind its use in the file and in
/// an outer graph, so that uses are collected and checked at the end.
/// </summary>
internal sealed partial class OnnxWalk
{
    private readonly List<Consumer> _consumers = [];

    private Consumer? Consume(string operation, ProtoReader node, Scope scope)
    {
        if (operation is "Shape" or "Size" or "SequenceLength")
        {
            if (FirstOutput(node) is { } extent)
                scope.Extents.Add(extent);
            return null;
        }

        if (operation is "Gather" or "Squeeze" or "Unsqueeze" or "Slice" or "Cast" or "Identity" or "Reshape" or "ReduceMax" or "ReduceMin")
        {
            if (FirstInput(node) is { } from && scope.IsExtent(from) && FirstOutput(node) is { } to)
                scope.Extents.Add(to);
            return null;
        }

        if (operation is not ("Expand" or "ConstantOfShape" or "Tile" or "Range" or "Pad" or "Resize" or "Upsample" or "OneHot" or "CenterCropPad"
            or "AffineGrid" or "Col2Im" or "MaxUnpool" or "HannWindow" or "HammingWindow" or "BlackmanWindow" or "MelWeightMatrix" or "DFT" or "Loop"))
            return null;
        List<string> inputs = [];
        var reader = node;
        while (reader.Next() && inputs.Count < 5)
        {
            if (reader.Field == 1)
                inputs.Add(reader.Bytes().Text());
            else
                reader.Skip();
        }

        var consumer = new Consumer(operation, inputs, scope, node);
        _consumers.Add(consumer);
        return operation == "Loop" ? consumer : null;
    }

    private void CheckConsumers()
    {
        foreach (var consumer in _consumers)
        {
            switch (consumer.Operation)
            {
                case "Expand" or "Tile" or "CenterCropPad" or "Col2Im":
                    CheckImplied(consumer, 1);
                    break;
                case "ConstantOfShape" or "HannWindow" or "HammingWindow" or "BlackmanWindow":
                    CheckImplied(consumer, 0);
                    break;
                case "OneHot" or "AffineGrid" or "DFT":
                    CheckImplied(consumer, 1);
                    break;
                case "MaxUnpool":
                    CheckImplied(consumer, 2);
                    break;
                case "Upsample":
                    CheckImplied(consumer, 1);
                    break;
                case "Resize":
                    CheckImplied(consumer, 1);
                    CheckImplied(consumer, 2);
                    CheckImplied(consumer, 3);
                    break;
                case "MelWeightMatrix":
                    CheckImplied(consumer, 0);
                    CheckImplied(consumer, 1);
                    break;
                case "Pad" when consumer.Constant(1) is { } pads:
                    CheckImplied(Grown(pads), $"the padding [{Text(pads)}]", consumer.Place());
                    break;
                case "Range" when consumer.Constant(0) is [var start] && consumer.Constant(1) is [var limit] && consumer.Constant(2) is [var step]:
                    CheckImplied([(limit - start) / step], $"the range from {Text([start])} to {Text([limit])} by {Text([step])}", consumer.Place());
                    break;
                case "Loop" when !options.AllowLoops:
                    CheckTrips(consumer);
                    break;
            }
        }
    }

    private void CheckTrips(Consumer loop)
    {
        if (loop.Constant(0) is not [var trips])
        {
            // As many turns as a tensor is long: bounded by what the tensor took to be made.
            if (loop.Inputs is [var count, ..] && loop.Scope.IsExtent(count))
                return;
            throw Refused(
                loop.Place(), $"the number of turns of the loop is neither a constant nor the length of a tensor, so that its running time has no bound. Set ModelAdmissionOptions.{nameof(ModelAdmissionOptions.AllowLoops)} if the model is trusted", null);
        }

        // Loops within loops multiply.
        for (var outer = loop.Scope; outer is not null; outer = outer.Parent)
            trips = Math.Max(1, trips) * (outer.Loop?.Constant(0) is [var turns] ? Math.Max(1, turns) : 1);
        if (!(trips <= options.MaximumTrips))
            throw Refused(loop.Place(), $"the loop makes {Text([trips])} turns; at most {options.MaximumTrips} are let pass", nameof(ModelAdmissionOptions.MaximumTrips));
    }

    // Attributes that give extents: of windows, of what is drawn at random, of what comes out.
    private void CheckCounts(string operation, string name, List<long> values)
    {
        switch (name)
        {
            case "shape" when operation is "RandomNormal" or "RandomUniform":
            case "output_shape" or "output_size" or "output_height" or "output_width" or "pooled_shape" or "hidden_size" or "sample_size" or "n_targets" or "repeats":
                CheckImplied([.. values.Select(value => (double)value)], $"the attribute '{name}'");
                break;
            case "pads" or "output_padding" or "kernel_shape" or "strides" or "dilations":
                CheckImplied(Grown([.. values.Select(value => (double)value)]), $"the attribute '{name}'");
                break;
        }
    }

    private void CheckImplied(Consumer consumer, int input)
    {
        if (consumer.Constant(input) is { } values)
            CheckImplied(values, $"the constant '{consumer.Inputs[input]}'", consumer.Place());
    }

    private void CheckImplied(double[] values, string what) => CheckImplied(values, what, null);

    private void CheckImplied(double[] values, string what, string? place)
    {
        // A rank above this is no shape, and most entries of real shapes are small.
        var product = 1.0;
        foreach (var value in values)
            product *= value is > 1 or double.NaN ? value : 1;
        if (product * 4 <= options.MaximumTensorBytes)
        {
            Imply((UInt128)product * 4, place);
            return;
        }

        throw Refused(
            place ?? Place(), $"{what} = [{Text(values)}] asks for a tensor of {Text([product])} elements or more, above {options.MaximumTensorBytes} bytes",
            nameof(ModelAdmissionOptions.MaximumTensorBytes));
    }

    // Many tensors each within the budget are held to it together.
    private void Imply(UInt128 bytes, string? place)
    {
        _implied += bytes < 1 << 20 ? 0 : bytes;
        if (_implied > (UInt128)options.MaximumTensorBytes)
        {
            throw Refused(
                place ?? Place(), $"what constants ask for comes to {_implied} bytes with this; at most {options.MaximumTensorBytes} in one model are let pass",
                nameof(ModelAdmissionOptions.MaximumTensorBytes));
        }
    }

    // Padding of [begin..., end...]: each axis has one element at least.
    private static double[] Grown(double[] pads)
    {
        if (pads.Length % 2 != 0)
            return [.. pads.Select(pad => 1 + Math.Max(0, pad))];
        var half = pads.Length / 2;
        return [.. Enumerable.Range(0, half).Select(axis => 1 + Math.Max(0, pads[axis]) + Math.Max(0, pads[axis + half]))];
    }

    private static string Text(double[] values) => string.Join(", ", values.Take(8).Select(value => value.ToString("R", CultureInfo.InvariantCulture)));

    /// <summary>A graph's constants; names that it does not know are its parent's.</summary>
    private sealed class Scope(Scope? parent, Consumer? loop)
    {
        public Scope? Parent => parent;

        /// <summary>The loop whose body this graph is.</summary>
        public Consumer? Loop => loop;

        public Dictionary<string, double[]> Constants { get; } = new(StringComparer.Ordinal);

        /// <summary>The values that are lengths of tensors.</summary>
        public HashSet<string> Extents { get; } = new(StringComparer.Ordinal);

        public bool IsExtent(string name) => Extents.Contains(name) || Parent?.IsExtent(name) == true;
    }

    /// <summary>A node whose inputs say how much it computes.</summary>
    private sealed class Consumer(string operation, List<string> inputs, Scope scope, ProtoReader node)
    {
        public string Operation => operation;

        public List<string> Inputs => inputs;

        public Scope Scope => scope;

        public double[]? Constant(int input)
        {
            if (input >= inputs.Count || inputs[input].Length == 0)
                return null;
            for (var at = scope; at is not null; at = at.Parent)
            {
                if (at.Constants.TryGetValue(inputs[input], out var values))
                    return values;
            }

            return null;
        }

        public string Place() => Describe("node", node);
    }
}
