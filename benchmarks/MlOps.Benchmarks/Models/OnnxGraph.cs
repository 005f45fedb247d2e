using System.Runtime.InteropServices;
using MlOps.Serving.Tests;

namespace MlOps.Benchmarks.Models;

/// <summary>Builds an ONNX graph node by node with weights from a seed; the same calls give the same bytes.</summary>
internal sealed class OnnxGraph(int seed)
{
    private const int ElementFloat = 1;
    private const int ElementInt64 = 7;

    private readonly Random _random = new(seed);
    private readonly ProtoWriter _graph = new();
    private int _count;
    private bool _trees;

    /// <summary>A float or int64 input; strings are symbolic dimensions.</summary>
    public string Input(string name, bool integers, params ReadOnlySpan<object> shape)
    {
        ValueInfo(11, name, integers ? ElementInt64 : ElementFloat, shape);
        return name;
    }

    public void Output(string name, string from, params ReadOnlySpan<object> shape)
    {
        _graph.Message(1, node => node.Text(1, from).Text(2, name).Text(3, $"n{_count++}").Text(4, "Identity"));
        ValueInfo(12, name, ElementFloat, shape);
    }

    /// <summary>Adds a node with one output, whose name it returns.</summary>
    public string Node(string operation, ReadOnlySpan<string> inputs, params ReadOnlySpan<OnnxAttribute> attributes)
    {
        var node = new ProtoWriter();
        foreach (string input in inputs)
            node.Text(1, input);
        string output = $"t{_count}";
        node.Text(2, output).Text(3, $"n{_count++}").Text(4, operation);
        foreach (var attribute in attributes)
            node.Bytes(5, attribute.ToArray());
        if (operation.StartsWith("TreeEnsemble", StringComparison.Ordinal))
        {
            node.Text(7, "ai.onnx.ml");
            _trees = true;
        }

        _graph.Bytes(1, node.ToArray());
        return output;
    }

    /// <summary>Uniform weights between minus and plus <paramref name="scale"/>.</summary>
    public string Weights(float scale, params ReadOnlySpan<long> shape)
    {
        long count = 1;
        foreach (long dimension in shape)
            count *= dimension;
        return Tensor(shape, ElementFloat, MemoryMarshal.AsBytes(OnnxModels.Values(_random, (int)count, scale).AsSpan()));
    }

    public string Constant(float value) => Tensor([1], ElementFloat, MemoryMarshal.AsBytes([value]));

    public string Filled(float value, long count)
    {
        float[] values = new float[count];
        values.AsSpan().Fill(value);
        return Tensor([count], ElementFloat, MemoryMarshal.AsBytes(values.AsSpan()));
    }

    public string Integers(params ReadOnlySpan<long> values) => Tensor([values.Length], ElementInt64, MemoryMarshal.AsBytes(values));

    /// <summary>y = x W + b.</summary>
    public string Dense(string x, int from, int to) =>
        Node("Add", [Node("MatMul", [x, Weights(1f / MathF.Sqrt(from), from, to)]), Weights(0.1f, to)]);

    public float Random() => (float)_random.NextDouble();

    public int RandomIndex(int count) => _random.Next(count);

    public byte[] Build()
    {
        var model = new ProtoWriter().Int(1, 8).Text(2, "mlops").Bytes(7, new ProtoWriter().Raw(_graph.ToArray()).Text(2, "graph").ToArray())
            .Message(8, opset => opset.Text(1, "").Int(2, 17));
        if (_trees)
            model.Message(8, opset => opset.Text(1, "ai.onnx.ml").Int(2, 3));
        return model.ToArray();
    }

    private string Tensor(ReadOnlySpan<long> shape, int type, ReadOnlySpan<byte> raw)
    {
        var tensor = new ProtoWriter();
        foreach (long dimension in shape)
            tensor.Int(1, dimension);
        string name = $"w{_count++}";
        _graph.Bytes(5, tensor.Int(2, type).Text(8, name).Bytes(9, raw.ToArray()).ToArray());
        return name;
    }

    private void ValueInfo(int field, string name, int type, ReadOnlySpan<object> shape)
    {
        var dimensions = new ProtoWriter();
        foreach (object dimension in shape)
        {
            var one = new ProtoWriter();
            _ = dimension is string symbol ? one.Text(2, symbol) : one.Int(1, Convert.ToInt64(dimension, System.Globalization.CultureInfo.InvariantCulture));
            dimensions.Bytes(1, one.ToArray());
        }

        _graph.Message(field, info => info.Text(1, name).Message(2, of => of.Message(1, tensor => tensor.Int(1, type).Bytes(2, dimensions.ToArray()))));
    }
}
