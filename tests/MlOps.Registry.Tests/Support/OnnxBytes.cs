namespace MlOps.Registry.Tests;

/// <summary>Small ONNX models written by hand after onnx.proto.</summary>
internal static class OnnxBytes
{
    /// <summary>scores = features x weights + bias; the initializers are listed as inputs too, as IR version 3 asked.</summary>
    public static byte[] Linear(int features = 3, string input = "features", string output = "scores", float weight = 1f) => Model(graph =>
    {
        graph.Message(1, node => node.Text(1, input).Text(1, "weights").Text(1, "bias").Text(2, output).Text(3, "gemm").Text(4, "Gemm"));
        graph.Text(2, "linear");
        Initializer(graph, "weights", [features, 1], [.. Enumerable.Repeat(weight, features)]);
        Initializer(graph, "bias", [1], [0.5f]);
        Value(graph, 11, input, 1, "N", features);
        Value(graph, 11, "weights", 1, features, 1);
        Value(graph, 12, output, 1, "N", 1);
    });

    public static byte[] Model(Action<ProtoWriter> graph) => new ProtoWriter()
        .Number(1, 8).Text(2, "tests").Message(7, graph)
        .Message(8, opset => opset.Text(1, "").Number(2, 17)).ToArray();

    public static void Value(ProtoWriter graph, int field, string name, int elementType, params object[] shape) =>
        graph.Message(field, value => value.Text(1, name).Message(2, type => type.Message(1, tensor => tensor.Number(1, elementType).Message(2, dims =>
        {
            foreach (var dimension in shape)
            {
                dims.Message(1, dim =>
                {
                    if (dimension is string symbol)
                        dim.Text(2, symbol);
                    else
                        dim.Number(1, (int)dimension);
                });
            }
        }))));

    public static void Initializer(ProtoWriter graph, string name, int[] dims, float[] values) => graph.Message(5, tensor =>
    {
        foreach (var dim in dims)
            tensor.Number(1, dim);
        tensor.Number(2, 1).Text(8, name).Bytes(9, System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(values).ToArray());
    });
}
