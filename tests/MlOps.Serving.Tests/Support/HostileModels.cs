using System.Runtime.InteropServices;

namespace MlOps.Serving.Tests;

/// <summary>Crafted model files by families: what asks for too much, what refers outside, what lies about its lengths, what makes readers recurse.</summary>
internal static partial class HostileModels
{
    public static IEnumerable<HostileModel> All =>
        [.. Amplifiers(), .. ComputedAmplifiers(), .. Growers(), .. Loops(), .. Floods(), .. External(), .. Lies(), .. Wire(), .. Formats(), .. Semantics(), .. Attributes(), .. Forests()];

    /// <summary>One of the small ones, without making the large ones.</summary>
    public static byte[] Find(string name) => Loops().Concat(ComputedAmplifiers()).Concat(Forests()).First(model => model.Name == name).File;

    /// <summary>The seeds of mutation: small models of many kinds, all of them valid.</summary>
    public static IReadOnlyList<(string Name, byte[] File)> Seeds { get; } =
    [
        ("mlp", OnnxModels.Mlp(1, 4, 8, 1)),
        ("scale", OnnxModels.Scale(2, 3)),
        ("trees", Forest(_ => { })),
        ("if", Graph(g =>
        {
            OnnxModels.Node(g, "ReduceSum", ["input"], ["sum"], n => n.Message(5, a => a.Text(1, "keepdims").Int(3, 0).Int(20, 2)));
            Constant(g, "zero", 1, [], BitConverter.GetBytes(0f));
            OnnxModels.Node(g, "Greater", ["sum", "zero"], ["positive"]);
            OnnxModels.Node(g, "If", ["positive"], ["output"], n => n
                .Message(5, a => a.Text(1, "then_branch").Message(6, b => Branch(b, "Neg")).Int(20, 5))
                .Message(5, a => a.Text(1, "else_branch").Message(6, b => Branch(b, "Abs")).Int(20, 5)));
        })),
        ("loop", Graph(g => Loop(g, 5))),
        ("shapes", Graph(g =>
        {
            Constant(g, "shape", 7, [2], Longs(4, 3));
            OnnxModels.Node(g, "Expand", ["input", "shape"], ["wide"]);
            OnnxModels.Node(g, "Concat", ["wide", "wide"], ["twice"], n => n.Message(5, a => a.Text(1, "axis").Int(3, 1).Int(20, 2)));
            OnnxModels.Node(g, "ReduceMean", ["twice"], ["output"], n => n.Message(5, a => a.Text(1, "axes").Int(8, 1).Int(20, 7)));
        })),
        ("function", OnnxModels.Model(
            g =>
            {
                g.Message(1, n => n.Text(1, "input").Text(2, "output").Text(4, "Twice").Text(7, "own"));
                InOut(g);
            },
            m => m.Message(8, o => o.Text(1, "own").Int(2, 1)).Message(25, f => Function(f, "Twice", "own", b => OnnxModels.Node(b, "Add", ["x", "x"], ["y"]), 7)))),
        ("sparse", Graph(g =>
        {
            g.Message(15, s => s.Message(1, t => OnnxModels.TensorBody(t, "sparse", [2], 1, Floats(1, 2))).Message(2, t => OnnxModels.TensorBody(t, "", [2], 7, Longs(0, 2))).Int(3, 3));
            OnnxModels.Node(g, "Add", ["input", "sparse"], ["output"]);
        })),
    ];

    private static readonly (string Name, Action<ProtoWriter, string, string> Node, int Rank)[] Consumers =
    [
        ("Expand", (g, c, y) => { One(g); OnnxModels.Node(g, "Expand", ["one", c], [y]); }, 1),
        ("ConstantOfShape", (g, c, y) => OnnxModels.Node(g, "ConstantOfShape", [c], [y]), 1),
        ("Tile", (g, c, y) => { One(g); OnnxModels.Node(g, "Tile", ["one", c], [y]); }, 1),
        ("Tile of the input", (g, c, y) => { OnnxModels.Node(g, "Flatten", ["input"], ["flat"]); OnnxModels.Node(g, "Tile", ["flat", c], [y]); }, 2),
        ("Pad", (g, c, y) => { One(g); OnnxModels.Node(g, "Pad", ["one", c], [y]); }, 2),
        ("OneHot", (g, c, y) =>
        {
            Constant(g, "index", 7, [1], Longs(0));
            Constant(g, "pair", 1, [2], Floats(0, 1));
            OnnxModels.Node(g, "OneHot", ["index", c, "pair"], [y]);
        }, 0),
        ("Resize", (g, c, y) =>
        {
            Constant(g, "image", 1, [1, 1, 1, 1], Floats(1));
            OnnxModels.Node(g, "Resize", ["image", "", "", c], [y]);
        }, 4),
        ("HannWindow", (g, c, y) => OnnxModels.Node(g, "HannWindow", [c], [y]), 0),
        ("HammingWindow", (g, c, y) => OnnxModels.Node(g, "HammingWindow", [c], [y]), 0),
        ("BlackmanWindow", (g, c, y) => OnnxModels.Node(g, "BlackmanWindow", [c], [y]), 0),
        ("Range", (g, c, y) =>
        {
            Constant(g, "from", 7, [], Longs(0));
            Constant(g, "by", 7, [], Longs(1));
            OnnxModels.Node(g, "Range", ["from", c, "by"], [y]);
        }, 0),
    ];

    private static readonly (string Name, Action<ProtoWriter, string, long[], bool> Write)[] Encodings =
    [
        ("an initializer", (g, name, values, scalar) => g.Message(5, t => OnnxModels.TensorBody(t, name, scalar ? [] : [values.Length], 7, Longs(values)))),
        ("an initializer of numbers", (g, name, values, scalar) => g.Message(5, t =>
        {
            if (!scalar)
                t.Int(1, values.Length);
            t.Int(2, 7).Text(8, name);
            foreach (var value in values)
                t.Int(7, value);
        })),
        ("a Constant", (g, name, values, scalar) => Constant(g, name, 7, scalar ? [] : [values.Length], Longs(values))),
        ("a Constant of numbers", (g, name, values, scalar) => OnnxModels.Node(g, "Constant", [], [name], n => n.Message(5, a =>
        {
            a.Text(1, scalar ? "value_int" : "value_ints").Int(20, scalar ? 2 : 7);
            foreach (var value in values)
                a.Int(scalar ? 3 : 8, value);
        }))),
    ];

    // Shape constants of 2.4 GB, 8 GB, 4 TB behind every operator that makes tensors by them, in every way that a constant can be written.
    private static IEnumerable<HostileModel> Amplifiers()
    {
        foreach (var (name, node, rank) in Consumers)
        {
            foreach (var elements in (long[])[600_000_000, 2_000_000_000, 1L << 40])
            {
                foreach (var (encoding, write) in Encodings)
                {
                    yield return new($"{name} of {elements} elements by {encoding}", Made(g =>
                    {
                        write(g, "count", Spread(elements, rank), rank == 0);
                        node(g, "count", "big");
                    }), HostileFate.Walk);
                }
            }
        }
    }

    // The same behind arithmetic that no walk follows: ONNX Runtime folds it when it loads, or runs it.
    private static IEnumerable<HostileModel> ComputedAmplifiers()
    {
        (string Name, Action<ProtoWriter, long[], bool> Write)[] derivations =
        [
            ("a product", (g, values, scalar) =>
            {
                Encodings[0].Write(g, "halves", [.. values.Select(value => Math.Max(1, value / 2))], scalar);
                Encodings[0].Write(g, "two", [.. values.Select(value => value > 1 ? 2L : 1)], scalar);
                OnnxModels.Node(g, "Mul", ["halves", "two"], ["count"]);
                OnnxModels.Node(g, "Mul", ["count", "two"], ["count2"]);
                OnnxModels.Node(g, "Mul", ["count2", "two"], ["count3"]);
            }),
            ("a cast", (g, values, scalar) =>
            {
                g.Message(5, t => OnnxModels.TensorBody(t, "real", scalar ? [] : [values.Length], 11, MemoryMarshal.AsBytes(values.Select(value => (double)value).ToArray().AsSpan()).ToArray()));
                OnnxModels.Node(g, "Cast", ["real"], ["count3"], n => n.Message(5, a => a.Text(1, "to").Int(3, 7).Int(20, 2)));
            }),
            ("an absolute value", (g, values, scalar) =>
            {
                Encodings[0].Write(g, "negative", [.. values.Select(value => -value)], scalar);
                OnnxModels.Node(g, "Neg", ["negative"], ["count3"]);
            }),
        ];
        foreach (var (name, node, rank) in Consumers)
        {
            foreach (var (derivation, write) in derivations)
            {
                yield return new($"{name} by {derivation}", Made(g =>
                {
                    write(g, Spread(2_000_000_000, rank), rank == 0);
                    node(g, "count3", "big");
                }), HostileFate.Refused);
            }
        }
    }

    // Small steps that multiply.
    private static IEnumerable<HostileModel> Growers()
    {
        yield return Grower("Concat with itself, 40 times", 40, (g, x, y) => OnnxModels.Node(g, "Concat", [x, x], [y], n => n.Message(5, a => a.Text(1, "axis").Int(3, 1).Int(20, 2))));
        yield return Grower("Tile by 64, 6 times", 6, (g, x, y) =>
        {
            Constant(g, y + "t", 7, [2], Longs(1, 64));
            OnnxModels.Node(g, "Tile", [x, y + "t"], [y]);
        });
        yield return Grower("Pad by 1,000, 4 times as squares", 1, (g, x, y) =>
        {
            Constant(g, "p", 7, [4], Longs(10_000, 0, 10_000, 0));
            OnnxModels.Node(g, "Pad", [x, "p"], ["tall"]);
            Constant(g, "q", 7, [4], Longs(0, 0, 0, 90_000));
            OnnxModels.Node(g, "Pad", ["tall", "q"], [y]);
        });
        yield return new("an outer product of two ranges", Made(g =>
        {
            Constant(g, "tall", 7, [2], Longs(60_000, 1));
            Constant(g, "wide", 7, [2], Longs(1, 60_000));
            One(g);
            OnnxModels.Node(g, "Expand", ["one", "tall"], ["column"]);
            OnnxModels.Node(g, "Expand", ["one", "wide"], ["row"]);
            OnnxModels.Node(g, "Add", ["column", "row"], ["big"]);
        }), HostileFate.Refused);
        yield return new("a matrix product of a column and a row", Made(g =>
        {
            Constant(g, "tall", 7, [2], Longs(60_000, 1));
            Constant(g, "wide", 7, [2], Longs(1, 60_000));
            One(g);
            OnnxModels.Node(g, "Expand", ["one", "tall"], ["column"]);
            OnnxModels.Node(g, "Expand", ["one", "wide"], ["row"]);
            OnnxModels.Node(g, "MatMul", ["column", "row"], ["big"]);
        }), HostileFate.Refused);
        yield return new("a matrix product that takes hours", Made(g =>
        {
            Constant(g, "square", 7, [2], Longs(6_000, 6_000));
            One(g);
            OnnxModels.Node(g, "Expand", ["one", "square"], ["m0"]);
            for (var i = 0; i < 40; i++)
                OnnxModels.Node(g, "MatMul", [$"m{i}", "m0"], [i == 39 ? "big" : $"m{i + 1}"]);
        }), HostileFate.Refused);
        yield return new("many expansions each within the budget", Made(g =>
        {
            One(g);
            for (var i = 0; i < 20; i++)
            {
                Constant(g, $"s{i}", 7, [1], Longs(200_000_000));
                OnnxModels.Node(g, "Expand", ["one", $"s{i}"], [i == 0 ? "big" : $"big{i}"]);
            }
        }), HostileFate.Walk);
        yield return new("a tall cumulative text", Made(g =>
        {
            Constant(g, "shape", 7, [1], Longs(100_000_000));
            OnnxModels.Node(g, "ConstantOfShape", ["shape"], ["numbers"]);
            OnnxModels.Node(g, "Cast", ["numbers"], ["texts"], n => n.Message(5, a => a.Text(1, "to").Int(3, 8).Int(20, 2)));
            OnnxModels.Node(g, "Cast", ["texts"], ["big"], n => n.Message(5, a => a.Text(1, "to").Int(3, 1).Int(20, 2)));
        }), HostileFate.Refused);
    }

    private static HostileModel Grower(string name, int times, Action<ProtoWriter, string, string> step) => new(name, Made(g =>
    {
        OnnxModels.Node(g, "Flatten", ["input"], ["g0"]);
        for (var i = 0; i < times; i++)
            step(g, $"g{i}", i == times - 1 ? "big" : $"g{i + 1}");
    }), HostileFate.Refused);

    private static IEnumerable<HostileModel> Loops()
    {
        foreach (var trips in (long[])[1L << 62, long.MaxValue, 1_000_000_000, 100_001])
        {
            yield return new($"Loop of {trips} turns", Graph(g => Loop(g, trips)), HostileFate.Walk);
            yield return new($"Loop of {trips} turns in a branch", Graph(g =>
            {
                Constant(g, "true", 9, [], [1]);
                OnnxModels.Node(g, "If", ["true"], ["output"], n => n
                    .Message(5, a => a.Text(1, "then_branch").Message(6, b => { Loop(b, trips); OnnxModels.ValueInfo(b, 12, "output", "N", 3); b.Text(2, "b"); }).Int(20, 5))
                    .Message(5, a => a.Text(1, "else_branch").Message(6, b => Branch(b, "Abs")).Int(20, 5)));
            }), HostileFate.Walk);
            yield return new($"Loop of {trips} turns in a function", OnnxModels.Model(
                g =>
                {
                    g.Message(1, n => n.Text(1, "input").Text(2, "output").Text(4, "F").Text(7, "own"));
                    InOut(g);
                },
                m => m.Message(8, o => o.Text(1, "own").Int(2, 1)).Message(25, f => Function(f, "F", "own", b => Loop(b, trips, "x", "y"), 7))), HostileFate.Walk);
        }

        yield return new("Loop without a trip count", Graph(g => Loop(g, null)), HostileFate.Walk);
        yield return new("Loop by an input", Graph(g => { g.Message(11, i => i.Text(1, "trips").Message(2, t => t.Message(1, x => x.Int(1, 7).Message(2, _ => { })))); LoopNode(g, "trips", "input", "output"); }), HostileFate.Walk);
        yield return new("Loop by arithmetic", Graph(g =>
        {
            Constant(g, "a", 7, [], Longs(1 << 30));
            OnnxModels.Node(g, "Mul", ["a", "a"], ["trips"]);
            LoopNode(g, "trips", "input", "output");
        }), HostileFate.Walk);
        yield return new("Loops within loops", Graph(g =>
        {
            Constant(g, "trips", 7, [], Longs(1000));
            LoopNode(g, "trips", "input", "output", body =>
            {
                LoopNode(body, "trips", "v", "vo", inner => { LoopNode(inner, "trips", "v", "vo", null, "3"); }, "2");
            });
        }), HostileFate.Walk);
        yield return new("Loop of 100,000 turns that keeps 100 KB of each", Graph(g =>
        {
            Constant(g, "trips", 7, [], Longs(100_000));
            Constant(g, "wide", 7, [1], Longs(25_000));
            One(g);
            LoopNode(g, "trips", "input", "output", body => { OnnxModels.Node(body, "Identity", ["v"], ["vo"]); OnnxModels.Node(body, "Expand", ["one", "wide"], ["kept"]); }, "", "kept");
        }), HostileFate.Refused);
        yield return new("Loop of 100,000 turns with heavy work in each", Graph(g =>
        {
            Constant(g, "trips", 7, [], Longs(100_000));
            Constant(g, "square", 7, [2], Longs(700, 700));
            One(g);
            OnnxModels.Node(g, "Expand", ["one", "square"], ["m"]);
            LoopNode(g, "trips", "input", "output", body =>
            {
                OnnxModels.Node(body, "ReduceMean", ["v"], ["of_v"]);
                OnnxModels.Node(body, "Add", ["m", "of_v"], ["changed"]);
                OnnxModels.Node(body, "MatMul", ["changed", "m"], ["mm"]);
                OnnxModels.Node(body, "ReduceMean", ["mm"], ["mean"]);
                OnnxModels.Node(body, "Mul", ["v", "mean"], ["vo0"]);
                OnnxModels.Node(body, "Reshape", ["vo0", "like"], ["vo"]);
            });
            Constant(g, "like", 7, [2], Longs(-1, 3));
        }), HostileFate.Refused);
        yield return new("Loop by the length of an endless tensor", Graph(g =>
        {
            Constant(g, "long", 7, [1], Longs(200_000_000));
            OnnxModels.Node(g, "ConstantOfShape", ["long"], ["tensor"]);
            OnnxModels.Node(g, "Size", ["tensor"], ["trips"]);
            LoopNode(g, "trips", "input", "output");
        }), HostileFate.Refused);
    }

    private static long[] Spread(long elements, int rank) => rank switch
    {
        0 => [elements],
        2 => [1, elements],
        4 => [1, 1, elements / 1000, 1000],
        _ => [elements],
    };

    // A model whose output is one number taken from what the family made big, so that nothing is optimised away.
    private static byte[] Made(Action<ProtoWriter> graph) => Graph(g =>
    {
        graph(g);
        OnnxModels.Node(g, "Cast", ["big"], ["big_f"], n => n.Message(5, a => a.Text(1, "to").Int(3, 1).Int(20, 2)));
        OnnxModels.Node(g, "ReduceMax", ["big_f"], ["top"], n => n.Message(5, a => a.Text(1, "keepdims").Int(3, 0).Int(20, 2)));
        OnnxModels.Node(g, "Add", ["input", "top"], ["output"]);
    });

    private static byte[] Graph(Action<ProtoWriter> graph, Action<ProtoWriter>? more = null) => OnnxModels.Model(
        g =>
        {
            graph(g);
            InOut(g);
        },
        more);

    private static void InOut(ProtoWriter graph)
    {
        OnnxModels.ValueInfo(graph, 11, "input", "N", 3);
        OnnxModels.ValueInfo(graph, 12, "output", "N", 3);
    }

    private static void One(ProtoWriter graph) => graph.Message(5, t => OnnxModels.TensorBody(t, "one", [1], 1, Floats(1)));

    private static void Constant(ProtoWriter graph, string name, int type, long[] shape, byte[] raw) =>
        OnnxModels.Node(graph, "Constant", [], [name], n => n.Message(5, a => a.Text(1, "value").Message(5, t => OnnxModels.TensorBody(t, "", shape, type, raw)).Int(20, 4)));

    private static void Branch(ProtoWriter graph, string operation)
    {
        OnnxModels.Node(graph, operation, ["input"], ["output"]);
        graph.Text(2, "branch");
        OnnxModels.ValueInfo(graph, 12, "output", "N", 3);
    }

    private static void Loop(ProtoWriter graph, long? trips, string from = "input", string to = "output")
    {
        if (trips is { } count)
            Constant(graph, "trips", 7, [], Longs(count));
        else
            Constant(graph, "go", 9, [], [1]);
        LoopNode(graph, trips is null ? "" : "trips", from, to, null, "", null, trips is null ? "go" : "");
    }

    private static void LoopNode(
        ProtoWriter graph, string trips, string from, string to, Action<ProtoWriter>? body = null, string level = "", string? kept = null, string condition = "") =>
        OnnxModels.Node(graph, "Loop", [trips, condition, from], kept is null ? [to] : [to, "all_kept"], n => n.Message(5, a => a.Text(1, "body").Message(6, b =>
        {
            if (body is null)
                OnnxModels.Node(b, "Neg", ["v"], ["vo"]);
            else
                body(b);
            OnnxModels.Node(b, "Identity", ["go_in"], ["go_out"]);
            b.Text(2, "body" + level);
            Scalar(b, 11, "turn", 7);
            Scalar(b, 11, "go_in", 9);
            OnnxModels.ValueInfo(b, 11, "v", "N", 3);
            Scalar(b, 12, "go_out", 9);
            OnnxModels.ValueInfo(b, 12, "vo", "N", 3);
            if (kept is not null)
                OnnxModels.ValueInfo(b, 12, kept, "K");
        }).Int(20, 5)));

    private static void Scalar(ProtoWriter graph, int field, string name, int type) =>
        graph.Message(field, info => info.Text(1, name).Message(2, t => t.Message(1, x => x.Int(1, type).Message(2, _ => { }))));

    private static void Function(ProtoWriter function, string name, string domain, Action<ProtoWriter> body, int nodeField)
    {
        // Nodes of a graph are field 1, those of a function field 7.
        var nodes = new ProtoWriter();
        body(nodes);
        function.Text(1, name).Text(4, "x").Text(5, "y").Renumbered(nodes.ToArray(), 1, nodeField).Message(9, o => o.Text(1, "").Int(2, 17)).Text(10, domain);
    }

    private static byte[] Longs(params long[] values) => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();

    private static byte[] Floats(params float[] values) => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
}
