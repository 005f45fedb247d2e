namespace MlOps.Registry.Tests;

internal static partial class HostileCases
{
    private const string Outside = "../../../etc/passwd";
    private const string InMemory = "*/_ORT_MEM_ADDR_/*";

    /// <summary>ONNX models, stored as blobs lawfully, that are then to become the predict function of a version.</summary>
    private static IEnumerable<HostileCase> Graphs()
    {
        foreach (var (where, build) in new (string, Func<string, byte[]>)[]
        {
            ("an initializer", location => OnnxBytes.Model(graph => graph.Message(5, tensor => External(tensor, location)))),
            ("a sparse initializer's values", location => OnnxBytes.Model(graph => graph.Message(15, sparse => sparse.Message(1, tensor => External(tensor, location))))),
            ("a sparse initializer's indices", location => OnnxBytes.Model(graph => graph.Message(15, sparse => sparse.Message(2, tensor => External(tensor, location))))),
            ("an attribute", location => Attribute(attribute => attribute.Message(5, tensor => External(tensor, location)))),
            ("a list of tensors", location => Attribute(attribute => attribute.Message(10, _ => { }).Message(10, tensor => External(tensor, location)))),
            ("a sparse attribute", location => Attribute(attribute => attribute.Message(22, sparse => sparse.Message(1, tensor => External(tensor, location))))),
            ("a list of sparse tensors", location => Attribute(attribute => attribute.Message(23, sparse => sparse.Message(2, tensor => External(tensor, location))))),
            ("a branch's initializer", location => Attribute(attribute => attribute.Message(6, graph => graph.Message(5, tensor => External(tensor, location))))),
            ("a branch's sparse initializer", location => Attribute(attribute => attribute.Message(6, graph => graph.Message(15, sparse => sparse.Message(1, tensor => External(tensor, location)))))),
            ("a list of graphs", location => Attribute(attribute => attribute.Message(11, graph => Node(graph, inner => inner.Message(5, tensor => External(tensor, location)))))),
            ("a branch ten deep", location => Attribute(attribute => Nest(attribute, 10, inner => inner.Message(5, tensor => External(tensor, location))))),
            ("a function's node", location => Model(model => model.Message(25, function => function.Message(7, node => node.Message(5, attribute => attribute.Message(5, tensor => External(tensor, location))))))),
            ("a function's default", location => Model(model => model.Message(25, function => function.Message(11, attribute => attribute.Message(5, tensor => External(tensor, location)))))),
            ("a training graph", location => Model(model => model.Message(20, training => training.Message(2, graph => graph.Message(5, tensor => External(tensor, location)))))),
        })
        {
            yield return Graph($"external data of {where}", "Functions/predict keeps weights in other files*Export it with the weights inside", () => build(Outside));
            yield return Graph($"bytes in memory of {where}", "whose bytes are said to lie at an address in memory", () => build(InMemory));
        }

        yield return Graph("external data said only by its place", "keeps weights in other files", () => OnnxBytes.Model(graph => graph.Message(5, tensor => tensor.Text(8, "w").Number(14, 1))));
        yield return Graph("graphs 200 deep", "graphs nested more than 32 deep", () => Attribute(attribute => Nest(attribute, 200, _ => { })));
        yield return Graph("a negative dimension", "a tensor with a dimension of -5", () => OnnxBytes.Model(graph => graph.Message(5, tensor => tensor.Number(1, -5).Text(8, "w"))));
        yield return Graph("2^80 elements", "a tensor of *elements", () => OnnxBytes.Model(graph => graph.Message(5, tensor => tensor.Number(1, 1L << 40).Number(1, 1L << 40).Text(8, "w"))));
        yield return Graph("2^80 elements, packed", "a tensor of *elements", () => OnnxBytes.Model(graph => graph.Message(5, tensor => tensor.Bytes(1, new ProtoWriter().Raw(1UL << 40).Raw(1UL << 40).ToArray()).Text(8, "w"))));
        yield return Graph("two initializers of a name", "two initializers of the name 'w'", () => OnnxBytes.Model(graph => graph.Message(5, tensor => tensor.Text(8, "w")).Message(5, tensor => tensor.Text(8, "w"))));
        yield return Graph("an input of 33 dimensions", "more than 32 dimensions", () => OnnxBytes.Model(graph => OnnxBytes.Value(graph, 11, "x", 1, [.. Enumerable.Repeat<object>(1, 33)])));
        yield return Graph("a symbol of 10 MB", "a name of 10485760 bytes", () => OnnxBytes.Model(graph => OnnxBytes.Value(graph, 11, "x", 1, Megabytes)));
        yield return Graph("a name that is not UTF-8", "not valid UTF-8", () => OnnxBytes.Model(graph => graph.Bytes(2, [0xFF])));
        yield return Graph("two graphs", "a second graph", () => new ProtoWriter().Number(1, 8).Message(7, _ => { }).Message(7, _ => { }).ToArray());
        yield return Graph("a field of 2^63 bytes", "a field of 9223372036854775808 bytes", () => new ProtoWriter().Number(1, 8).Tag(7, 2).Raw(1UL << 63).ToArray());
        yield return Graph("nothing", "are not an ONNX model", () => []);
        yield return Graph("text", "ONNX model is not valid", () => "not a model"u8.ToArray());
        yield return Graph("cut off", "ONNX model is not valid", () => OnnxBytes.Linear()[..^3]);
        yield return Graph<InvalidDefinitionException>("another signature than the draft's", "does not fit the ONNX graph", () => OnnxBytes.Linear(4));
        yield return Graph("an input twice", "two inputs of the name 'features'", () => OnnxBytes.Model(graph =>
        {
            OnnxBytes.Value(graph, 11, "features", 1, "N", 3);
            OnnxBytes.Value(graph, 11, "features", 1, "N", 3);
            OnnxBytes.Value(graph, 12, "scores", 1, "N", 1);
        }));
    }

    private static HostileCase Graph(string what, string says, Func<byte[]> onnx) => Graph<InvalidInputException>(what, says, onnx);

    private static HostileCase Graph<TException>(string what, string says, Func<byte[]> onnx)
        where TException : Exception => HostileCase.Prepared<TException>("ONNX: " + what, says, async store =>
        {
            var blob = await store.Artifacts.PutBytesAsync(onnx(), ModelArtifactNames.OnnxMediaType);
            return new Attack(() => store.Models.RegisterAsync(store.Draft with { Artifacts = [new ModelArtifact(ModelArtifactKind.Functions, ModelArtifactNames.Predict, blob)] }).AsTask());
        });

    private static void External(ProtoWriter tensor, string location) =>
        tensor.Number(1, 3).Number(2, 1).Text(8, "w").Message(13, entry => entry.Text(1, "location").Text(2, location)).Number(14, 1);

    private static byte[] Attribute(Action<ProtoWriter> attribute) => OnnxBytes.Model(graph => Node(graph, attribute));

    private static void Node(ProtoWriter graph, Action<ProtoWriter> attribute) => graph.Message(1, node => node.Text(4, "If").Message(5, attribute));

    private static void Nest(ProtoWriter attribute, int depth, Action<ProtoWriter> innermost)
    {
        if (depth == 0)
            innermost(attribute);
        else
            attribute.Message(6, graph => Node(graph, inner => Nest(inner, depth - 1, innermost)));
    }

    private static byte[] Model(Action<ProtoWriter> more)
    {
        var model = new ProtoWriter().Number(1, 8).Message(7, _ => { });
        more(model);
        return model.ToArray();
    }
}
