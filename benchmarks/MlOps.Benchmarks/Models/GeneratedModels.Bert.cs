namespace MlOps.Benchmarks.Models;

internal static partial class GeneratedModels
{
    public const int Vocabulary = 8192;
    private const int Positions = 512;

    /// <summary>
    /// A BERT encoder (Devlin et al., arXiv:1810.04805): token and position embeddings, attention with mask, GELU, layer
    /// normalisation after each part; any batch and any length up to 512. Gives the mean over the tokens that the mask lets pass.
    /// </summary>
    public static byte[] Bert(int layers, int hidden, int heads)
    {
        var graph = new OnnxGraph(Seed);
        string ids = graph.Input("input_ids", integers: true, "N", "tokens");
        string mask = graph.Input("attention_mask", integers: true, "N", "tokens");
        string length = graph.Node("Slice", [graph.Node("Shape", [ids]), graph.Integers(1), graph.Integers(2)]);
        string positions = graph.Node("Slice", [graph.Weights(0.5f, Positions, hidden), graph.Integers(0), length, graph.Integers(0)]);
        string x = graph.Node("Add", [graph.Node("Gather", [graph.Weights(1f, Vocabulary, hidden), ids]), positions]);
        x = Normalise(graph, x, hidden);

        string floats = graph.Node("Cast", [mask], ("to", 1L));
        string wide = graph.Node("Unsqueeze", [floats, graph.Integers(1, 2)]);
        string bias = graph.Node("Mul", [graph.Node("Sub", [graph.Constant(1), wide]), graph.Constant(-10_000)]);
        string split = graph.Integers(0, 0, heads, hidden / heads);
        string join = graph.Integers(0, 0, hidden);
        string scale = graph.Constant(MathF.Sqrt(hidden / heads));
        for (int layer = 0; layer < layers; layer++)
        {
            string q = Heads(graph, x, hidden, split, 0, 2, 1, 3);
            string k = Heads(graph, x, hidden, split, 0, 2, 3, 1);
            string v = Heads(graph, x, hidden, split, 0, 2, 1, 3);
            string scores = graph.Node("Add", [graph.Node("Div", [graph.Node("MatMul", [q, k]), scale]), bias]);
            string context = graph.Node("MatMul", [graph.Node("Softmax", [scores], ("axis", -1L)), v]);
            context = graph.Node("Reshape", [graph.Node("Transpose", [context], ("perm", new long[] { 0, 2, 1, 3 })), join]);
            x = Normalise(graph, graph.Node("Add", [x, graph.Dense(context, hidden, hidden)]), hidden);
            string inner = Gelu(graph, graph.Dense(x, hidden, 4 * hidden));
            x = Normalise(graph, graph.Node("Add", [x, graph.Dense(inner, 4 * hidden, hidden)]), hidden);
        }

        string column = graph.Node("Unsqueeze", [floats, graph.Integers(2)]);
        string sum = graph.Node("ReduceSum", [graph.Node("Mul", [x, column]), graph.Integers(1)], ("keepdims", 0L));
        string count = graph.Node("ReduceSum", [column, graph.Integers(1)], ("keepdims", 0L));
        graph.Output("embedding", graph.Node("Div", [sum, count]), "N", hidden);
        return graph.Build();
    }

    private static string Heads(OnnxGraph graph, string x, int hidden, string split, params ReadOnlySpan<long> order) => graph.Node(
        "Transpose", [graph.Node("Reshape", [graph.Dense(x, hidden, hidden), split])], ("perm", order.ToArray()));

    private static string Normalise(OnnxGraph graph, string x, int hidden) => graph.Node(
        "LayerNormalization", [x, graph.Filled(1, hidden), graph.Weights(0.1f, hidden)], ("axis", -1L), ("epsilon", 1e-5f));

    private static string Gelu(OnnxGraph graph, string x)
    {
        string erf = graph.Node("Erf", [graph.Node("Div", [x, graph.Constant(MathF.Sqrt(2))])]);
        return graph.Node("Mul", [graph.Node("Mul", [x, graph.Node("Add", [erf, graph.Constant(1)])]), graph.Constant(0.5f)]);
    }
}
