namespace MlOps.Serving.Tests;

/// <summary>Families about what a graph says: contradictions, extents in attributes, forests that are none.</summary>
internal static partial class HostileModels
{
    private static IEnumerable<HostileModel> Semantics()
    {
        yield return new("a circle", Graph(g => { OnnxModels.Node(g, "Abs", ["b"], ["a"]); OnnxModels.Node(g, "Abs", ["a"], ["b"]); OnnxModels.Node(g, "Add", ["input", "a"], ["output"]); }), HostileFate.Refused);
        yield return new("a node that feeds itself", Graph(g => OnnxModels.Node(g, "Add", ["output", "input"], ["output"])), HostileFate.Refused);
        yield return new("two nodes of one output", Graph(g => { OnnxModels.Node(g, "Abs", ["input"], ["output"]); OnnxModels.Node(g, "Neg", ["input"], ["output"]); }), HostileFate.Refused);
        yield return new("an unknown operator", Graph(g => OnnxModels.Node(g, "Reboot", ["input"], ["output"])), HostileFate.Refused);
        yield return new("an unknown domain", Graph(g => g.Message(1, n => n.Text(1, "input").Text(2, "output").Text(4, "Abs").Text(7, "com.example"))), HostileFate.Refused);
        yield return new("an input that is nowhere", Graph(g => OnnxModels.Node(g, "Add", ["input", "nowhere"], ["output"])), HostileFate.Refused);
        yield return new("an output that is nowhere", Graph(g => OnnxModels.Node(g, "Abs", ["input"], ["other"])), HostileFate.Refused);
        yield return new("no nodes", Graph(_ => { }), HostileFate.Refused);
        yield return new("an attribute of another type", Graph(g => OnnxModels.Node(g, "Flatten", ["input"], ["output"], n => n.Message(5, a => a.Text(1, "axis").Text(4, "one").Int(20, 3)))), HostileFate.Refused);
        yield return new("an operator without a name", Graph(g => g.Message(1, n => n.Text(1, "input").Text(2, "output"))), HostileFate.Refused);
        yield return new("too few inputs", Graph(g => OnnxModels.Node(g, "Add", ["input"], ["output"])), HostileFate.Refused);
        yield return new("too many inputs", Graph(g => OnnxModels.Node(g, "Abs", ["input", "input", "input"], ["output"])), HostileFate.Refused);
        yield return new("a branch that gives another type", Graph(g =>
        {
            Constant(g, "c", 9, [], [1]);
            OnnxModels.Node(g, "If", ["c"], ["output"], n => n
                .Message(5, a => a.Text(1, "then_branch").Message(6, b => Branch(b, "Neg")).Int(20, 5))
                .Message(5, a => a.Text(1, "else_branch").Message(6, b => { OnnxModels.Node(b, "Shape", ["input"], ["output"]); b.Text(2, "b"); OnnxModels.ValueInfo(b, 12, "output", "N", 3); }).Int(20, 5)));
        }), HostileFate.Refused);
        foreach (var axis in (long[])[2, 1 << 30, long.MaxValue, long.MinValue, -100])
            yield return new($"the axis {axis}", Graph(g => OnnxModels.Node(g, "Softmax", ["input"], ["output"], n => n.Message(5, a => a.Text(1, "axis").Int(3, axis).Int(20, 2)))), HostileFate.Survived);
        foreach (var index in (long[])[3, -4, 1L << 40, long.MinValue])
        {
            yield return new($"Gather at {index}", Graph(g =>
            {
                Constant(g, "at", 7, [1], Longs(index));
                OnnxModels.Node(g, "Gather", ["input", "at"], ["column"], n => n.Message(5, a => a.Text(1, "axis").Int(3, 1).Int(20, 2)));
                OnnxModels.Node(g, "Add", ["input", "column"], ["output"]);
            }), HostileFate.Survived);
            yield return new($"ScatterElements at {index}", Graph(g =>
            {
                Constant(g, "at", 7, [1, 1], Longs(index));
                Constant(g, "put", 1, [1, 1], Floats(1));
                OnnxModels.Node(g, "ScatterElements", ["input", "at", "put"], ["output"], n => n.Message(5, a => a.Text(1, "axis").Int(3, 1).Int(20, 2)));
            }), HostileFate.Survived);
            yield return new($"Slice to {index}", Graph(g =>
            {
                Constant(g, "from", 7, [1], Longs(0));
                Constant(g, "to", 7, [1], Longs(index));
                Constant(g, "by", 7, [1], Longs(long.MinValue));
                OnnxModels.Node(g, "Slice", ["input", "from", "to", "from", "by"], ["part"]);
                OnnxModels.Node(g, "Sum", ["input", "part"], ["output"]);
            }), HostileFate.Survived);
        }

        foreach (var shape in (long[][])[[1L << 32, 1L << 32], [-1, -1], [0, -1], [-2, 3], [long.MaxValue, 3]])
            yield return new($"Reshape to [{string.Join(", ", shape)}]", Graph(g => { Constant(g, "shape", 7, [shape.Length], Longs(shape)); OnnxModels.Node(g, "Reshape", ["input", "shape"], ["output"]); }), HostileFate.Survived);
        yield return new("an integer division by zero", Graph(g =>
        {
            OnnxModels.Node(g, "Cast", ["input"], ["whole"], n => n.Message(5, a => a.Text(1, "to").Int(3, 7).Int(20, 2)));
            Constant(g, "zero", 7, [1], Longs(0));
            OnnxModels.Node(g, "Div", ["whole", "zero"], ["result"]);
            OnnxModels.Node(g, "Cast", ["result"], ["output"], n => n.Message(5, a => a.Text(1, "to").Int(3, 1).Int(20, 2)));
        }), HostileFate.Refused);
        yield return new("an integer remainder by zero", Graph(g =>
        {
            Constant(g, "one", 7, [1], Longs(1));
            Constant(g, "zero", 7, [1], Longs(0));
            OnnxModels.Node(g, "Mod", ["one", "zero"], ["result"]);
            OnnxModels.Node(g, "Cast", ["result"], ["real"], n => n.Message(5, a => a.Text(1, "to").Int(3, 1).Int(20, 2)));
            OnnxModels.Node(g, "Add", ["input", "real"], ["output"]);
        }), HostileFate.Refused);
        yield return new("the smallest integer by -1", Graph(g =>
        {
            Constant(g, "least", 7, [1], Longs(long.MinValue));
            Constant(g, "minus", 7, [1], Longs(-1));
            OnnxModels.Node(g, "Div", ["least", "minus"], ["result"]);
            OnnxModels.Node(g, "Cast", ["result"], ["real"], n => n.Message(5, a => a.Text(1, "to").Int(3, 1).Int(20, 2)));
            OnnxModels.Node(g, "Add", ["input", "real"], ["output"]);
        }), HostileFate.Refused);
    }

    // Extents and counts that stand in attributes.
    private static IEnumerable<HostileModel> Attributes()
    {
        foreach (var extent in (long[])[1 << 30, 1L << 40, long.MaxValue])
        {
            foreach (var (operation, attribute, count) in ((string, string, int)[])
                [
                    ("MaxPool", "pads", 2), ("MaxPool", "kernel_shape", 1), ("MaxPool", "dilations", 1), ("MaxPool", "strides", 1),
                    ("AveragePool", "pads", 2), ("AveragePool", "kernel_shape", 1), ("Conv", "pads", 2), ("Conv", "dilations", 1), ("ConvTranspose", "output_shape", 1),
                    ("ConvTranspose", "strides", 1), ("ConvTranspose", "output_padding", 1), ("LSTM", "hidden_size", 1), ("GRU", "hidden_size", 1), ("RNN", "hidden_size", 1),
                    ("Multinomial", "sample_size", 1), ("RandomNormal", "shape", 1), ("RandomUniform", "shape", 1), ("RoiAlign", "output_height", 1), ("TreeEnsembleRegressor", "n_targets", 1),
                ])
            {
                yield return new($"{operation} with {attribute} of {extent}", Graph(g => OnnxModels.Node(g, operation, ["input"], ["output"], n => n.Message(5, a =>
                {
                    a.Text(1, attribute).Int(20, count == 1 && attribute.EndsWith("size", StringComparison.Ordinal) ? 2 : 7);
                    for (var i = 0; i < count; i++)
                        a.Int(8, extent);
                }))), HostileFate.Walk);
            }
        }

        yield return new("Upsample by 10^9", Graph(g => OnnxModels.Node(g, "Upsample", ["input"], ["output"], n => n.Message(5, a => a.Text(1, "scales").Float(7, 1).Float(7, 1e9f).Int(20, 6)))), HostileFate.Walk);
        yield return new("Upsample by infinity", Graph(g => OnnxModels.Node(g, "Upsample", ["input"], ["output"], n => n.Message(5, a => a.Text(1, "scales").Float(7, 1).Float(7, float.PositiveInfinity).Int(20, 6)))), HostileFate.Walk);
        foreach (var scale in (float[])[1e9f, 1e30f, float.PositiveInfinity, float.NaN])
        {
            yield return new($"Resize by {scale}", Graph(g =>
            {
                Constant(g, "scales", 1, [2], Floats(1, scale));
                OnnxModels.Node(g, "Resize", ["input", "", "scales"], ["output"]);
            }), HostileFate.Walk);
        }

        foreach (var scale in (float[])[-1, 0, 1e-30f])
        {
            yield return new($"Resize by {scale}", Graph(g =>
            {
                Constant(g, "scales", 1, [2], Floats(1, scale));
                OnnxModels.Node(g, "Resize", ["input", "", "scales"], ["output"]);
            }), HostileFate.Survived);
        }
    }

    private static IEnumerable<HostileModel> Forests()
    {
        (string Name, byte[] File, HostileFate Fate)[] forests =
        [
            ("sound", Forest(_ => { }), HostileFate.Survived),
            ("with a circle", Forest(f => f.Yes[0] = 0), HostileFate.Survived),
            ("with a circle of two", Forest(f => { f.Modes[1] = "BRANCH_LEQ"; f.Yes[1] = 0; f.No[1] = 2; }), HostileFate.Survived),
            ("with a child that is nowhere", Forest(f => f.Yes[0] = 99), HostileFate.Survived),
            ("with a child below zero", Forest(f => f.No[0] = -1), HostileFate.Survived),
            ("with a child at 2^40", Forest(f => f.No[0] = 1L << 40), HostileFate.Survived),
            ("with one child twice", Forest(f => f.No[0] = f.Yes[0]), HostileFate.Survived),
            ("with the feature 3 of 3", Forest(f => f.Features[0] = 3), HostileFate.Survived),
            ("with the feature 2^31 - 1", Forest(f => f.Features[0] = int.MaxValue), HostileFate.Survived),
            ("with the feature -1", Forest(f => f.Features[0] = -1), HostileFate.Survived),
            ("with an unknown mode", Forest(f => f.Modes[0] = "BRANCH_BOMB"), HostileFate.Survived),
            ("with the target 7 of 1", Forest(f => f.Targets[0] = 7), HostileFate.Survived),
            ("with the target -1", Forest(f => f.Targets[0] = -1), HostileFate.Survived),
            ("with the target 2^40", Forest(f => f.Targets[0] = 1L << 40), HostileFate.Survived),
            ("with a weight at a branch", Forest(f => f.TargetNodes[0] = 0), HostileFate.Survived),
            ("with a weight nowhere", Forest(f => f.TargetNodes[0] = 50), HostileFate.Survived),
            ("with a weight in another tree", Forest(f => f.TargetTrees[0] = 9), HostileFate.Survived),
            ("with two nodes of one number", Forest(f => f.Ids[2] = 1), HostileFate.Survived),
            ("with fewer modes", Forest(f => f.Modes.RemoveAt(2)), HostileFate.Survived),
            ("with fewer thresholds", Forest(f => f.Values.RemoveAt(2)), HostileFate.Survived),
            ("with fewer children", Forest(f => f.Yes.RemoveAt(2)), HostileFate.Survived),
            ("with fewer features", Forest(f => f.Features.Clear()), HostileFate.Survived),
            ("with fewer weights", Forest(f => f.Weights.RemoveAt(1)), HostileFate.Survived),
            ("with 16 M targets", Forest(f => f.TargetCount = 16_000_000), HostileFate.Survived),
            ("without nodes", Forest(f => f.Clear()), HostileFate.Survived),
            ("as a chain of 1,000", Chained(1_000), HostileFate.Survived),
            ("as a chain of 100,000", Chained(100_000), HostileFate.Survived),
            ("as a chain of 200,000", Chained(200_000), HostileFate.Refused),
        ];
        foreach (var (name, file, fate) in forests)
            yield return new($"a forest {name}", file, fate);
    }

    private static byte[] Chained(int depth) => Forest(f =>
    {
        f.Clear();
        for (var i = 0; i < depth; i++)
        {
            f.Node(2 * i, "BRANCH_LEQ", 0, 0.5f, (2 * i) + 1, (2 * i) + 2);
            f.Node((2 * i) + 1, "LEAF", 0, 0, 0, 0);
        }

        f.Node(2 * depth, "LEAF", 0, 0, 0, 0);
        f.Target(2 * depth, 0, 1);
    });

    private static byte[] Forest(Action<ForestColumns> change)
    {
        var columns = new ForestColumns();
        columns.Node(0, "BRANCH_LEQ", 1, 0.25f, 1, 2);
        columns.Node(1, "LEAF", 0, 0, 0, 0);
        columns.Node(2, "LEAF", 0, 0, 0, 0);
        columns.Target(1, 0, 1);
        columns.Target(2, 0, 2);
        change(columns);
        return OnnxModels.Model(
            g =>
            {
                g.Message(1, n => columns.Write(n.Text(1, "input").Text(2, "output").Text(4, "TreeEnsembleRegressor").Text(7, "ai.onnx.ml")));
                OnnxModels.ValueInfo(g, 11, "input", "N", 3);
                OnnxModels.ValueInfo(g, 12, "output", "N", 1);
            },
            m => m.Message(8, o => o.Text(1, "ai.onnx.ml").Int(2, 3)));
    }

    private sealed class ForestColumns
    {
        public List<long> Trees { get; } = [];

        public List<long> Ids { get; } = [];

        public List<long> Features { get; } = [];

        public List<float> Values { get; } = [];

        public List<string> Modes { get; } = [];

        public List<long> Yes { get; } = [];

        public List<long> No { get; } = [];

        public List<long> TargetTrees { get; } = [];

        public List<long> TargetNodes { get; } = [];

        public List<long> Targets { get; } = [];

        public List<float> Weights { get; } = [];

        public long TargetCount { get; set; } = 1;

        public void Node(long id, string mode, long feature, float value, long yes, long no)
        {
            Trees.Add(0);
            Ids.Add(id);
            Modes.Add(mode);
            Features.Add(feature);
            Values.Add(value);
            Yes.Add(yes);
            No.Add(no);
        }

        public void Target(long node, long target, float weight)
        {
            TargetTrees.Add(0);
            TargetNodes.Add(node);
            Targets.Add(target);
            Weights.Add(weight);
        }

        public void Clear()
        {
            foreach (var column in (List<long>[])[Trees, Ids, Features, Yes, No, TargetTrees, TargetNodes, Targets])
                column.Clear();
            Values.Clear();
            Weights.Clear();
            Modes.Clear();
        }

        public void Write(ProtoWriter node)
        {
            (string Name, List<long> Values)[] columns =
            [
                ("nodes_treeids", Trees), ("nodes_nodeids", Ids), ("nodes_featureids", Features), ("nodes_truenodeids", Yes), ("nodes_falsenodeids", No),
                ("target_treeids", TargetTrees), ("target_nodeids", TargetNodes), ("target_ids", Targets),
            ];
            foreach (var (name, values) in columns)
                node.Message(5, a => { a.Text(1, name).Int(20, 7); values.ForEach(value => a.Int(8, value)); });
            node.Message(5, a => { a.Text(1, "nodes_values").Int(20, 6); Values.ForEach(value => a.Float(7, value)); });
            node.Message(5, a => { a.Text(1, "target_weights").Int(20, 6); Weights.ForEach(value => a.Float(7, value)); });
            node.Message(5, a => { a.Text(1, "nodes_modes").Int(20, 8); Modes.ForEach(mode => a.Text(9, mode)); });
            node.Message(5, a => a.Text(1, "n_targets").Int(3, TargetCount).Int(20, 2));
            node.Message(5, a => a.Text(1, "post_transform").Text(4, "NONE").Int(20, 3));
        }
    }
}
