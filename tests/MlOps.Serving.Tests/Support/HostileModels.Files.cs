using System.Text;

namespace MlOps.Serving.Tests;

/// <summary>Families about the file itself: how much of what there is, what it refers to, what it says of itself.</summary>
internal static partial class HostileModels
{
    private static IEnumerable<HostileModel> Floods()
    {
        yield return new("300,000 nodes", Graph(g => Chain(g, 300_000)), HostileFate.Walk);
        yield return new("50,001 nodes", Graph(g => Chain(g, 50_001)), HostileFate.Walk);
        yield return new("a chain of 40,000 nodes", Graph(g => Chain(g, 40_000)), HostileFate.Survived);
        yield return new("60,000 tensors", Graph(g =>
        {
            for (var i = 0; i < 60_000; i++)
                g.Message(5, t => t.Int(2, 1).Text(8, $"t{i}").Int(1, 0));
            Chain(g, 1);
        }), HostileFate.Walk);
        yield return new("a node of 1,100,000 inputs", Graph(g =>
        {
            g.Message(1, n =>
            {
                for (var i = 0; i < 1_100_000; i++)
                    n.Text(1, "");
                n.Text(4, "Sum");
            });
        }), HostileFate.Walk);
        yield return new("1,100,000 texts in an attribute", Graph(g => g.Message(1, n => n.Text(4, "LabelEncoder").Message(5, a =>
        {
            a.Text(1, "keys_strings");
            for (var i = 0; i < 1_100_000; i++)
                a.Text(9, "");
        }))), HostileFate.Walk);
        yield return new("1,100,000 texts in a tensor", Graph(g => g.Message(5, t =>
        {
            t.Int(1, 1_100_000).Int(2, 8).Text(8, "texts");
            for (var i = 0; i < 1_100_000; i++)
                t.Text(6, "");
        })), HostileFate.Walk);
        yield return new("1,100,000 properties", Graph(g => Chain(g, 1), m =>
        {
            for (var i = 0; i < 1_100_000; i++)
                m.Message(14, _ => { });
        }), HostileFate.Walk);
        yield return new("1,100,000 operator sets", Graph(g => Chain(g, 1), m =>
        {
            for (var i = 0; i < 1_100_000; i++)
                m.Message(8, _ => { });
        }), HostileFate.Walk);
        yield return new("1,100,000 value descriptions", Graph(g =>
        {
            Chain(g, 1);
            for (var i = 0; i < 1_100_000; i++)
                g.Message(13, _ => { });
        }), HostileFate.Walk);
        yield return new("a shape of 1,100,000 dimensions", Graph(g => g.Message(13, i => i.Text(1, "x").Message(2, t => t.Message(1, x => x.Int(1, 1).Message(2, s =>
        {
            for (var i = 0; i < 1_100_000; i++)
                s.Message(1, _ => { });
        }))))), HostileFate.Walk);
        yield return new("a name of 5 MB", Graph(g => OnnxModels.Node(g, "Abs", [new string('x', 5_000_000)], ["output"])), HostileFate.Walk);
        yield return new("an operator's name of 5 MB", Graph(g => OnnxModels.Node(g, new string('x', 5_000_000), ["input"], ["output"])), HostileFate.Walk);
        foreach (var depth in (int[])[17, 40, 90, 400, 2000])
            yield return new($"{depth} branches within each other", Graph(g => Nest(g, depth)), HostileFate.Walk);
        yield return new("a type of 200 sequences within each other", Graph(g => g.Message(11, i => i.Text(1, "s").Message(2, t => Sequence(t, 200)))), HostileFate.Walk);
        yield return new("functions that double 30 times", Functions(30, 2, 30), HostileFate.Walk);
        yield return new("functions that call ten of the next, 6 deep", Functions(6, 10, 6), HostileFate.Walk);
        yield return new("a function that calls itself", Functions(1, 1, 0), HostileFate.Walk);
        yield return new("functions in a circle", Functions(3, 1, 0), HostileFate.Walk);
        yield return new("400 functions in a row", Functions(400, 1, 400), HostileFate.Walk);
    }

    // f0 calls f1 `calls` times, and so on; the last one calls Abs, or f0 again where `ends` is 0.
    private static byte[] Functions(int count, int calls, int ends) => OnnxModels.Model(
        g =>
        {
            g.Message(1, n => n.Text(1, "input").Text(2, "output").Text(4, "f0").Text(7, "own"));
            InOut(g);
        },
        m =>
        {
            m.Message(8, o => o.Text(1, "own").Int(2, 1));
            for (var i = 0; i < count; i++)
            {
                var next = i + 1 < count ? $"f{i + 1}" : ends == 0 ? "f0" : null;
                m.Message(25, f =>
                {
                    f.Text(1, $"f{i}").Text(4, "x0").Text(5, $"x{calls}").Text(10, "own").Message(9, o => o.Text(1, "own").Int(2, 1)).Message(9, o => o.Text(1, "").Int(2, 17));
                    for (var call = 0; call < calls; call++)
                        f.Message(7, n => n.Text(1, $"x{call}").Text(2, $"x{call + 1}").Text(4, next ?? "Abs").Text(7, next is null ? "" : "own"));
                });
            }
        });

    private static void Chain(ProtoWriter graph, int count)
    {
        for (var i = 0; i < count; i++)
            OnnxModels.Node(graph, "Identity", [i == 0 ? "input" : $"x{i}"], [i == count - 1 ? "output" : $"x{i + 1}"]);
    }

    // Written from the inside out: the writer itself would recurse otherwise.
    private static void Nest(ProtoWriter graph, int depth)
    {
        var inner = new ProtoWriter().ToArray();
        for (var i = 0; i < depth; i++)
        {
            var branch = inner;
            inner = new ProtoWriter().Message(1, n => n.Text(4, "If").Message(5, a => a.Text(1, "then_branch").Bytes(6, branch).Int(20, 5))).ToArray();
        }

        graph.Message(1, n => n.Text(4, "If").Message(5, a => a.Text(1, "then_branch").Bytes(6, inner).Int(20, 5)));
    }

    private static void Sequence(ProtoWriter type, int depth)
    {
        var inner = new ProtoWriter().Message(1, t => t.Int(1, 1)).ToArray();
        for (var i = 0; i < depth; i++)
        {
            var element = inner;
            inner = new ProtoWriter().Message(4, s => s.Bytes(1, element)).ToArray();
        }

        type.Message(4, s => s.Bytes(1, inner));
    }

    // Every place where a tensor can stand, with every way to point outside.
    private static IEnumerable<HostileModel> External()
    {
        (string Name, Action<ProtoWriter> Write)[] references =
        [
            ("an absolute path", t => Reference(t, "/etc/passwd", null, null)),
            ("a path upwards", t => Reference(t, "../../../../etc/passwd", null, null)),
            ("a file beside it", t => Reference(t, "weights.bin", null, null)),
            ("a device", t => Reference(t, "/dev/zero", null, null)),
            ("a negative offset", t => Reference(t, "weights.bin", "-1", "4")),
            ("a length past the end", t => Reference(t, "weights.bin", "0", "99999999999")),
            ("the marker of memory", t => Reference(t, "*/_ORT_MEM_ADDR_/*", "4096", "4")),
            ("a place without the mark", t => t.Int(1, 1).Int(2, 1).Text(8, "w").Bytes(9, Floats(1)).Message(13, e => e.Text(1, "location").Text(2, "x"))),
            ("the mark without a place", t => t.Int(1, 1).Int(2, 1).Text(8, "w").Int(14, 1)),
            ("an unknown mark", t => t.Int(1, 1).Int(2, 1).Text(8, "w").Bytes(9, Floats(1)).Int(14, 7)),
        ];
        (string Name, Func<Action<ProtoWriter>, byte[]> Build)[] places =
        [
            ("an initializer", tensor => Graph(g => { Chain(g, 1); g.Message(5, tensor); })),
            ("a Constant", tensor => Graph(g => { OnnxModels.Node(g, "Constant", [], ["c"], n => n.Message(5, a => a.Text(1, "value").Message(5, tensor).Int(20, 4))); Chain(g, 1); })),
            ("a list of tensors", tensor => Graph(g => { OnnxModels.Node(g, "Own", [], ["c"], n => n.Message(5, a => a.Text(1, "values").Message(10, tensor).Int(20, 9))); Chain(g, 1); })),
            ("the values of a sparse initializer", tensor => Graph(g => { g.Message(15, s => s.Message(1, tensor).Int(3, 4)); Chain(g, 1); })),
            ("the indices of a sparse initializer", tensor => Graph(g => { g.Message(15, s => s.Message(2, tensor).Int(3, 4)); Chain(g, 1); })),
            ("a sparse attribute", tensor => Graph(g => { OnnxModels.Node(g, "Constant", [], ["c"], n => n.Message(5, a => a.Text(1, "sparse_value").Message(22, s => s.Message(1, tensor).Int(3, 4)).Int(20, 11))); Chain(g, 1); })),
            ("a list of sparse attributes", tensor => Graph(g => { OnnxModels.Node(g, "Own", [], ["c"], n => n.Message(5, a => a.Text(1, "values").Message(23, s => s.Message(2, tensor).Int(3, 4)).Int(20, 12))); Chain(g, 1); })),
            ("a branch", tensor => Graph(g => { OnnxModels.Node(g, "If", ["c"], ["o"], n => n.Message(5, a => a.Text(1, "then_branch").Message(6, b => b.Message(5, tensor)).Int(20, 5))); Chain(g, 1); })),
            ("a list of graphs", tensor => Graph(g => { OnnxModels.Node(g, "Own", [], ["o"], n => n.Message(5, a => a.Text(1, "graphs").Message(11, b => b.Message(5, tensor)).Int(20, 10))); Chain(g, 1); })),
            ("a function", tensor => Graph(g => Chain(g, 1), m => m.Message(25, f => f.Text(1, "F").Message(7, n => n.Text(4, "Constant").Text(2, "c").Message(5, a => a.Text(1, "value").Message(5, tensor)))))),
            ("the default of a function's attribute", tensor => Graph(g => Chain(g, 1), m => m.Message(25, f => f.Text(1, "F").Message(11, a => a.Text(1, "value").Message(5, tensor))))),
        ];
        return from place in places
               from reference in references
               select new HostileModel($"{reference.Name} in {place.Name}", place.Build(reference.Write), HostileFate.Walk);
    }

    private static void Reference(ProtoWriter tensor, string location, string? offset, string? length)
    {
        tensor.Int(1, 1).Int(2, 1).Text(8, "w").Int(14, 1).Message(13, e => e.Text(1, "location").Text(2, location));
        if (offset is not null)
            tensor.Message(13, e => e.Text(1, "offset").Text(2, offset)).Message(13, e => e.Text(1, "length").Text(2, length!));
    }

    private static IEnumerable<HostileModel> Lies()
    {
        (string Name, Action<ProtoWriter> Tensor)[] tensors =
        [
            ("a dimension of 2^40", t => t.Int(1, 1L << 40).Int(2, 1).Bytes(9, new byte[4])),
            ("a dimension of 2^40 without data", t => t.Int(1, 1L << 40).Int(2, 1)),
            ("256 M elements without data", t => t.Int(1, 256 << 20).Int(2, 1)),
            ("256 M texts without data", t => t.Int(1, 256 << 20).Int(2, 8)),
            ("dimensions that overflow", t => t.Int(1, 1L << 62).Int(1, 1L << 62).Int(1, 1L << 62).Int(2, 1)),
            ("dimensions that overflow to 0", t => t.Int(1, 1L << 32).Int(1, 1L << 32).Int(2, 1)),
            ("dimensions that overflow to 4", t => t.Int(1, (1L << 62) + 1).Int(1, 4).Int(2, 1).Bytes(9, new byte[16])),
            ("a negative dimension", t => t.Int(1, -1).Int(2, 1)),
            ("two negative dimensions", t => t.Int(1, -2).Int(1, -2).Int(2, 1).Bytes(9, new byte[16])),
            ("the smallest dimension", t => t.Int(1, long.MinValue).Int(2, 1)),
            ("65 dimensions", t => { for (var i = 0; i < 65; i++) t.Int(1, 1); t.Int(2, 1).Bytes(9, new byte[4]); }),
            ("too few bytes", t => t.Int(1, 8).Int(2, 1).Bytes(9, new byte[4])),
            ("too many bytes", t => t.Int(1, 1).Int(2, 1).Bytes(9, new byte[400])),
            ("a byte too many", t => t.Int(1, 1).Int(2, 1).Bytes(9, new byte[5])),
            ("too few numbers", t => t.Int(1, 1000).Int(2, 1).Float(4, 1)),
            ("too many numbers", t => t.Int(1, 1).Int(2, 7).Int(7, 1).Int(7, 2)),
            ("bytes and numbers", t => t.Int(1, 1).Int(2, 1).Float(4, 1).Bytes(9, new byte[4])),
            ("too few texts", t => t.Int(1, 3).Int(2, 8).Text(6, "a")),
            ("half bytes too few", t => t.Int(1, 9).Int(2, 22).Bytes(9, new byte[4])),
            ("segments", t => t.Int(1, 1).Int(2, 1).Message(3, s => s.Int(1, 0).Int(2, 1 << 30)).Bytes(9, new byte[4])),
            ("two types", t => t.Int(1, 4).Int(2, 1).Int(2, 11).Bytes(9, new byte[32])),
            ("two lots of bytes", t => t.Int(1, 1).Int(2, 1).Bytes(9, new byte[4]).Bytes(9, new byte[4])),
        ];
        foreach (var (name, tensor) in tensors)
        {
            yield return new($"{name} in an initializer", Graph(g => { g.Message(5, t => { tensor(t); t.Text(8, "w"); }); Chain(g, 1); }), HostileFate.Walk);
            yield return new($"{name} in a Constant", Graph(g => { OnnxModels.Node(g, "Constant", [], ["c"], n => n.Message(5, a => a.Text(1, "value").Message(5, tensor).Int(20, 4))); Chain(g, 1); }), HostileFate.Walk);
        }

        foreach (var type in (long[])[0, 24, 27, 99, 1L << 40, -1])
            yield return new($"a tensor of type {type}", Graph(g => { g.Message(5, t => t.Int(1, 1).Int(2, type).Text(8, "w").Bytes(9, new byte[4])); OnnxModels.Node(g, "Add", ["input", "w"], ["output"]); }), HostileFate.Refused);
        yield return new("a sparse tensor of 2^40", Graph(g => { g.Message(15, s => s.Message(1, t => OnnxModels.TensorBody(t, "s", [1], 1, Floats(1))).Message(2, t => OnnxModels.TensorBody(t, "", [1], 7, Longs(0))).Int(3, 1L << 40)); Chain(g, 1); }), HostileFate.Walk);
        yield return new("ten sparse tensors of 1 GB", Graph(g =>
        {
            for (var i = 0; i < 10; i++)
                g.Message(15, s => s.Message(1, t => OnnxModels.TensorBody(t, $"s{i}", [1], 1, Floats(1))).Message(2, t => OnnxModels.TensorBody(t, "", [1], 7, Longs(0))).Int(3, 120_000_000));
            Chain(g, 1);
        }), HostileFate.Walk);
        foreach (var index in (long[])[-1, 3, 1L << 40, long.MinValue])
            yield return new($"a sparse tensor with the index {index}", Graph(g => { g.Message(15, s => s.Message(1, t => OnnxModels.TensorBody(t, "s", [1], 1, Floats(1))).Message(2, t => OnnxModels.TensorBody(t, "", [1], 7, Longs(index))).Int(3, 3)); OnnxModels.Node(g, "Add", ["input", "s"], ["output"]); }), HostileFate.Refused);
        yield return new("an input of 32 GB", Graph(g => { OnnxModels.ValueInfo(g, 11, "x", 1L << 33); Chain(g, 1); }), HostileFate.Walk);
        yield return new("an output of 32 GB", Graph(g => { OnnxModels.ValueInfo(g, 12, "x", 1L << 33); Chain(g, 1); }), HostileFate.Walk);
        yield return new("a value of 32 GB", Graph(g => { OnnxModels.ValueInfo(g, 13, "x", 1L << 33); Chain(g, 1); }), HostileFate.Walk);
        yield return new("an input of 900 MB", OnnxModels.Model(g => { OnnxModels.ValueInfo(g, 11, "input", 225_000_000); OnnxModels.ValueInfo(g, 12, "output", 225_000_000); OnnxModels.Node(g, "Abs", ["input"], ["output"]); }), HostileFate.Refused);
    }

    private static IEnumerable<HostileModel> Wire()
    {
        var model = OnnxModels.Mlp(1, 4, 8, 1);
        for (var i = 1; i <= 24; i++)
            yield return new($"cut after {i} of 25 parts", model[..(model.Length * i / 25)], HostileFate.Refused);
        yield return new("two graphs", [.. OnnxModels.Scale(1, 2), .. OnnxModels.Scale(1, 2)], HostileFate.Walk);
        yield return new("no graph", new ProtoWriter().Int(1, 8).Message(8, o => o.Int(2, 17)).ToArray(), HostileFate.Walk);
        yield return new("a length that lies", new ProtoWriter().Int(1, 8).Raw(0x3a, 0xff, 0xff, 0xff, 0x7f).ToArray(), HostileFate.Walk);
        yield return new("a length of 2^64", new ProtoWriter().Int(1, 8).Raw(0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01).ToArray(), HostileFate.Walk);
        yield return new("an endless number", new ProtoWriter().Raw(0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff).ToArray(), HostileFate.Walk);
        yield return new("a field of number 0", [.. model, 0x00, 0x00], HostileFate.Walk);
        foreach (var wire in (byte[])[3, 4, 6, 7])
            yield return new($"the wire type {wire}", [.. model, (byte)(14 << 3 | wire)], HostileFate.Walk);
        yield return new("a graph that is a number", new ProtoWriter().Int(1, 8).Int(7, 1).ToArray(), HostileFate.Walk);
        yield return new("a version that is bytes", new ProtoWriter().Text(1, "8").Message(7, g => Chain(g, 1)).ToArray(), HostileFate.Walk);
        yield return new("a packed list that ends within a number", Graph(g => g.Message(5, t => t.Bytes(1, [0x80]).Int(2, 1))), HostileFate.Walk);
        yield return new("a list of floats of 7 bytes", Graph(g => g.Message(5, t => t.Int(1, 1).Int(2, 1).Bytes(4, new byte[7]))), HostileFate.Walk);
        (string Name, byte[] File)[] twice =
        [
            ("ir_version", [.. model, 0x08, 0x08]),
            ("name of a graph", Graph(g => { g.Text(2, "again"); Chain(g, 1); })),
            ("op_type", Graph(g => g.Message(1, n => n.Text(1, "input").Text(2, "output").Text(4, "Abs").Text(4, "Neg")))),
            ("domain", Graph(g => g.Message(1, n => n.Text(1, "input").Text(2, "output").Text(4, "Abs").Text(7, "").Text(7, "ai.onnx")))),
            ("t of an attribute", Graph(g => OnnxModels.Node(g, "Constant", [], ["c"], n => n.Message(5, a => a.Text(1, "value")
                .Message(5, t => t.Int(1, 1 << 20).Int(2, 1).Bytes(9, new byte[4 << 20])).Message(5, t => t.Int(1, 1 << 20).Int(2, 1).Bytes(9, new byte[4 << 20])))))),
            ("g of an attribute", Graph(g => OnnxModels.Node(g, "If", ["c"], ["o"], n => n.Message(5, a => a.Text(1, "then_branch").Message(6, b => Branch(b, "Abs")).Message(6, b => Branch(b, "Abs")))))),
            ("i of an attribute", Graph(g => OnnxModels.Node(g, "Flatten", ["input"], ["output"], n => n.Message(5, a => a.Text(1, "axis").Int(3, 1).Int(3, 0))))),
            ("name of an attribute", Graph(g => OnnxModels.Node(g, "Flatten", ["input"], ["output"], n => n.Message(5, a => a.Text(1, "axis").Text(1, "axis").Int(3, 1))))),
            ("shape of a type", Graph(g => g.Message(13, i => i.Text(1, "x").Message(2, t => t.Message(1, x => x.Int(1, 1).Message(2, s => s.Message(1, d => d.Int(1, 1 << 20))).Message(2, s => s.Message(1, d => d.Int(1, 1 << 20)))))))),
            ("type of a value", Graph(g => g.Message(13, i => i.Text(1, "x").Message(2, t => t.Message(1, x => x.Int(1, 1))).Message(2, t => t.Message(1, x => x.Int(1, 1)))))),
            ("kind of a type", Graph(g => g.Message(13, i => i.Text(1, "x").Message(2, t => t.Message(1, x => x.Int(1, 1)).Message(4, x => x.Message(1, y => y.Message(1, z => z.Int(1, 1)))))))),
            ("dim_value", Graph(g => g.Message(13, i => i.Text(1, "x").Message(2, t => t.Message(1, x => x.Int(1, 1).Message(2, s => s.Message(1, d => d.Int(1, 1).Int(1, 1L << 50)))))))),
            ("values of a sparse tensor", Graph(g => g.Message(15, s => s.Message(1, t => OnnxModels.TensorBody(t, "a", [1], 1, Floats(1))).Message(1, t => OnnxModels.TensorBody(t, "b", [1], 1, Floats(1))).Int(3, 3)))),
        ];
        foreach (var (name, file) in twice)
            yield return new($"two of: {name}", file, HostileFate.Walk);
    }

    private static IEnumerable<HostileModel> Formats()
    {
        (string Name, byte[] File)[] files =
        [
            ("nothing", []), ("text", "hello world"u8.ToArray()), ("zeros", new byte[100]), ("a megabyte of zeros", new byte[1 << 20]), ("0xff", [.. Enumerable.Repeat((byte)0xff, 1000)]),
            ("zip", "PK\u0003\u0004..."u8.ToArray()), ("pickle 2", [0x80, 0x02, 0x63]), ("pickle 3", [0x80, 0x03, 0x63]), ("pickle 4", [0x80, 0x04, 0x95]), ("pickle 5", [0x80, 0x05, 0x95]),
            ("gzip", [0x1f, 0x8b, 8, 0, 0, 0, 0, 0]), ("HDF5", [0x89, .. "HDF\r\n\x1a\n"u8]), ("PNG", [0x89, .. "PNG\r\n\x1a\n"u8]), ("ELF", [0x7f, .. "ELF\x02\x01\x01"u8]),
            ("JSON", "{\"ir_version\": 8}"u8.ToArray()), ("HTML", "<!DOCTYPE html><html></html>"u8.ToArray()), ("ONNX in text", "ir_version: 8 graph { }"u8.ToArray()),
            ("ORT format", [0x18, 0, 0, 0, .. "ORTM"u8, .. new byte[64]]), ("safetensors", [8, 0, 0, 0, 0, 0, 0, 0, .. "{}      "u8]), ("script", "#!/bin/sh\nreboot\n"u8.ToArray()),
        ];
        foreach (var (name, file) in files)
            yield return new($"format: {name}", file, HostileFate.Walk);
        for (var seed = 1; seed <= 10; seed++)
        {
            var noise = new byte[1000 * seed];
            new Random(seed).NextBytes(noise);
            yield return new($"format: noise {seed}", noise, HostileFate.Walk);
        }

        yield return new("training", Graph(g => Chain(g, 1), m => m.Message(20, _ => { })), HostileFate.Walk);
        foreach (var version in (long[])[0, 1001, 1L << 40, -1])
            yield return new($"IR version {version}", [.. new ProtoWriter().Int(1, version).Message(7, g => { Chain(g, 1); InOut(g); }).Message(8, o => o.Text(1, "").Int(2, 17)).ToArray()], HostileFate.Walk);
        foreach (var version in (long[])[99, 999])
            yield return new($"IR version {version}", [.. new ProtoWriter().Int(1, version).Message(7, g => { Chain(g, 1); InOut(g); }).Message(8, o => o.Text(1, "").Int(2, 17)).ToArray()], HostileFate.Refused);
        foreach (var version in (long[])[1001, 1L << 40, -1])
            yield return new($"operator set {version}", [.. new ProtoWriter().Int(1, 8).Message(7, g => { Chain(g, 1); InOut(g); }).Message(8, o => o.Text(1, "").Int(2, version)).ToArray()], HostileFate.Walk);
        foreach (var version in (long[])[0, 99, 999])
            yield return new($"operator set {version}", [.. new ProtoWriter().Int(1, 8).Message(7, g => { Chain(g, 1); InOut(g); }).Message(8, o => o.Text(1, "").Int(2, version)).ToArray()], HostileFate.Refused);
        yield return new("no operator set", [.. new ProtoWriter().Int(1, 8).Message(7, g => { Chain(g, 1); InOut(g); }).ToArray()], HostileFate.Refused);
    }
}
