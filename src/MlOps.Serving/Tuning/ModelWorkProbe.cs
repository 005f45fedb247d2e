using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using RunOptions = Microsoft.ML.OnnxRuntime.RunOptions;

namespace MlOps.Serving;

/// <summary>
/// Counts a model's arithmetic. The shapes between the nodes come from one run of the graph as it is written, without fusions, under
/// ONNX Runtime's profiler; shapes and operators then give the operations.
/// </summary>
internal static class ModelWorkProbe
{
    public static ModelWork? Measure(byte[] model, ModelTuningRequest request, FlatPart[] parts, RowPool pool, int? fixedBatch)
    {
        var prefix = Path.Combine(Path.GetTempPath(), $"mlops-work-{Guid.NewGuid():n}");
        string? file = null;
        try
        {
            using var options = new SessionOptions
            {
                IntraOpNumThreads = 1,
                GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL,
                EnableProfiling = true,
                ProfileOutputPathPrefix = prefix,
                LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
            };
            using (var runtime = FlatOnnxRuntime.Load(model, options, request.Dimensions, request.Constants, request.Name))
            {
                using var buffer = runtime.CreateBuffer(fixedBatch ?? 1);
                pool.Copy(0, fixedBatch ?? 1, buffer.Input.Span);
                buffer.Run(fixedBatch ?? 1);
                file = runtime.Session.EndProfiling();
            }

            return Count(File.ReadAllBytes(file), TreeLevels(model), model.LongLength, fixedBatch ?? 1);
        }
        catch (Exception e) when (e is OnnxRuntimeException or MlOpsException or IOException or JsonException)
        {
            // Some models run only with their graph optimised. The work is then unknown, which the report says.
            return null;
        }
        finally
        {
            if (file is not null)
                File.Delete(file);
        }
    }

    // The profile has an event per node and run: {"cat": "Node", "args": {"op_name", "input_type_shape": [{"float": [..]}], "output_type_shape": [..]}}.
    internal static ModelWork Count(ReadOnlySpan<byte> profile, long treeLevels, long weightBytes, int rows)
    {
        var reader = new Utf8JsonReader(profile);
        using var document = JsonDocument.ParseValue(ref reader);
        var nodes = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var entry in document.RootElement.EnumerateArray())
        {
            // The last run counts; loading runs one too.
            if (entry.TryGetProperty("args", out var args) && args.TryGetProperty("op_name", out _) && args.TryGetProperty("output_type_shape", out _)
                && entry.GetProperty("name").GetString() is { } name && name.EndsWith("_kernel_time", StringComparison.Ordinal))
                nodes[args.TryGetProperty("node_index", out var index) ? index.ToString() + name : name] = args;
        }

        double operations = 0;
        double activations = 0;
        foreach (var args in nodes.Values)
        {
            var inputs = Shapes(args.GetProperty("input_type_shape"));
            var outputs = Shapes(args.GetProperty("output_type_shape"));
            operations += Operations(args.GetProperty("op_name").GetString()!, inputs, outputs, treeLevels);
            activations += outputs.Sum(shape => Elements(shape) * sizeof(float));
        }

        return new ModelWork(operations / rows, weightBytes, (long)(activations / rows));
    }

    private static double Operations(string operation, List<long[]> inputs, List<long[]> outputs, long treeLevels)
    {
        if (inputs.Count == 0 || outputs.Count == 0)
            return 0;
        var output = Elements(outputs[0]);
        return operation switch
        {
            "MatMul" or "FusedMatMul" when inputs[0].Length > 0 => 2 * output * inputs[0][^1],
            "Gemm" when inputs.Count > 1 && inputs[0].Length == 2 => 2 * output * (Elements(inputs[0]) / Math.Max(1, outputs[0][0])),

            // Each output element takes one product with every weight of its channel: weights are [channels, inputs per group, kernel...].
            "Conv" when inputs.Count > 1 => 2 * output * (Elements(inputs[1]) / Math.Max(1, inputs[1][0])),
            "ConvTranspose" when inputs.Count > 1 => 2 * Elements(inputs[0]) * (Elements(inputs[1]) / Math.Max(1, inputs[1][0])),

            // [directions, gates x hidden, inputs] and [directions, gates x hidden, hidden] for every step and row.
            "LSTM" or "GRU" or "RNN" when inputs.Count > 2 && inputs[0].Length == 3 => 2.0 * inputs[0][0] * inputs[0][1] * (Elements(inputs[1]) + Elements(inputs[2])),
            "TreeEnsembleRegressor" or "TreeEnsembleClassifier" => treeLevels * (double)(inputs[0].Length > 1 ? inputs[0][0] : 1),
            _ => 0,
        };
    }

    private static List<long[]> Shapes(JsonElement list)
    {
        var shapes = new List<long[]>();
        foreach (var tensor in list.EnumerateArray())
        {
            foreach (var typed in tensor.EnumerateObject())
                shapes.Add([.. typed.Value.EnumerateArray().Select(dimension => dimension.GetInt64())]);
        }

        return shapes;
    }

    private static double Elements(long[] shape)
    {
        var product = 1.0;
        foreach (var dimension in shape)
            product *= dimension;
        return product;
    }

    // Levels that one row descends: over all trees, the logarithm of the leaves of an average tree. Attributes of a node are field 5: name 1, strings 9.
    private static long TreeLevels(byte[] model)
    {
        long leaves = 0;
        var trees = new HashSet<long>();
        var file = new ProtoReader(new ProtoSource(model));
        while (file.Next())
        {
            if (file.Field != 7)
            {
                file.Skip();
                continue;
            }

            var graph = file.Bytes();
            while (graph.Next())
            {
                if (graph.Field != 1)
                {
                    graph.Skip();
                    continue;
                }

                var node = graph.Bytes();
                while (node.Next())
                {
                    if (node.Field != 5)
                    {
                        node.Skip();
                        continue;
                    }

                    var bytes = node.Bytes();
                    if (NameOf(bytes) is not ("target_treeids" or "class_treeids"))
                        continue;
                    var values = new List<long>();
                    var attribute = bytes;
                    while (attribute.Next())
                    {
                        if (attribute.Field == 8)
                            attribute.Numbers(values, 10_000_000);
                        else
                            attribute.Skip();
                    }

                    leaves += values.Count;
                    trees.UnionWith(values);
                }
            }
        }

        return trees.Count == 0 ? 0 : (long)(trees.Count * Math.Ceiling(Math.Log2(Math.Max(2.0, (double)leaves / trees.Count))));
    }

    private static string NameOf(ProtoReader attribute)
    {
        while (attribute.Next())
        {
            if (attribute.Field == 1)
                return attribute.Bytes().Text();
            attribute.Skip();
        }

        return "";
    }
}
