using FsCheck;
using FsCheck.Fluent;

namespace MlOps.Serving.Tests.Admission;

public sealed class ModelAdmissionTests
{
    private static readonly ModelAdmissionOptions Options = new();

    public static TheoryData<string, byte[], string> Hostile => new()
    {
        { "empty", [], "*empty*" },
        { "text", "hello world"u8.ToArray(), "*not an ONNX model*" },
        { "zeros", new byte[100], "*not an ONNX model*" },
        { "zip", "PK\u0003\u0004..."u8.ToArray(), "*zip*" },
        { "pickle", [0x80, 0x02, 0x63], "*pickle*" },
        { "truncated", OnnxModels.Mlp(1, 4, 8, 1)[..^10], "*not an ONNX model*" },
        { "two graphs", [.. OnnxModels.Scale(1, 2), .. OnnxModels.Scale(1, 2)], "*2 graphs*" },
        { "length lies", new ProtoWriter().Int(1, 8).Raw(0x3a, 0xff, 0xff, 0xff, 0x7f).ToArray(), "*claims*" },
        { "endless varint", new ProtoWriter().Raw(0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff).ToArray(), "*64 bits*" },
        { "external data", WithTensor(t => { t.Int(1, 1).Int(2, 1).Text(8, "w").Int(14, 1).Message(13, e => e.Text(1, "location").Text(2, "/etc/passwd")); }), "*outside the file*" },
        { "external location only", WithTensor(t => { t.Int(1, 1).Int(2, 1).Message(13, e => e.Text(1, "location").Text(2, "x")); }), "*outside the file*" },
        { "external in a Constant", WithNode("Constant", n => n.Message(5, a => a.Text(1, "value").Message(5, t => t.Int(1, 1).Int(2, 1).Int(14, 1)))), "*outside the file*" },
        { "external in a sparse tensor", WithGraph(g => g.Message(15, s => s.Message(1, t => t.Int(1, 1).Int(2, 1).Int(14, 1)))), "*outside the file*" },
        { "external in a sparse attribute", WithNode("Constant", n => n.Message(5, a => a.Message(22, s => s.Message(2, t => t.Int(14, 1))))), "*outside the file*" },
        { "external in a branch", WithNode("If", n => n.Message(5, a => a.Message(6, g => g.Message(5, t => t.Int(14, 1))))), "*outside the file*" },
        { "external in a function", OnnxModels.Model(_ => { }, m => m.Message(25, f => f.Message(7, n => n.Message(5, a => a.Message(5, t => t.Int(14, 1)))))), "*outside the file*" },
        { "huge shape", WithTensor(t => { t.Int(1, 1L << 40).Int(2, 1).Bytes(9, new byte[4]); }), "*implies more than*" },
        { "overflowing shape", WithTensor(t => { t.Int(1, 1L << 62).Int(1, 1L << 62).Int(1, 1L << 62).Int(2, 1); }), "*implies more than*" },
        { "negative dimension", WithTensor(t => { t.Int(1, -1).Int(2, 1); }), "*negative dimension*" },
        { "short data", WithTensor(t => { t.Int(1, 8).Int(2, 1).Bytes(9, new byte[4]); }), "*4 bytes where*32*" },
        { "huge input", WithGraph(g => OnnxModels.ValueInfo(g, 11, "x", 1L << 33)), "*'x'*implies*" },
        { "Expand of 8 GB", WithTensor(t => OnnxModels.TensorBody(t, "shape", [1], 7, BitConverter.GetBytes(2_000_000_000L))), "*2000000000*'shape'*" },
        { "Tile by a product", WithTensor(t => OnnxModels.TensorBody(t, "shape", [3], 7, [.. BitConverter.GetBytes(10_000L), .. BitConverter.GetBytes(10_000L), .. BitConverter.GetBytes(10_000L)])), "*imply a tensor*" },
        { "Range limit as int32", WithTensor(t => OnnxModels.TensorBody(t, "limit", [], 6, BitConverter.GetBytes(int.MaxValue))), "*2147483647*" },
        { "constant ints", WithNode("Constant", n => n.Message(5, a => a.Int(8, 3_000_000_000))), "*3000000000*" },
        { "Loop", WithNode("Loop", _ => { }), "*Loop*no bound*" },
        { "Scan", WithNode("Scan", _ => { }), "*Scan*no bound*" },
        { "Loop in a function", OnnxModels.Model(_ => { }, m => m.Message(25, f => f.Message(7, n => n.Text(4, "Loop")))), "*Loop*" },
        { "deep nesting", OnnxModels.Model(g => Nest(g, 40)), "*deeper*" },
        { "too many nodes", OnnxModels.Model(g => { for (var i = 0; i < 50_001; i++) g.Message(1, n => n.Text(4, "Abs")); }), "*50000 nodes*" },
        { "training", OnnxModels.Model(_ => { }, m => m.Message(20, _ => { })), "*training*" },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Check_HostileFile_IsRefusedWithAReason(string kind, byte[] file, string message) =>
        FluentActions.Invoking(() => ModelAdmission.Check(file, Options)).Should().Throw<InvalidInputException>(kind).WithMessage(message);

    [Fact]
    public void Check_OrdinaryModels_Pass()
    {
        ModelAdmission.Check(OnnxModels.Mlp(1, 32, 64, 64, 1), Options);
        ModelAdmission.Check(OnnxModels.Scale(2, 3), Options);
        ModelAdmission.Check(WithTensor(t => OnnxModels.TensorBody(t, "ends", [2], 7, [.. BitConverter.GetBytes(long.MaxValue), .. BitConverter.GetBytes(-1L)])), Options);
    }

    [Fact]
    public void Check_MutatedFiles_AreDecidedWithoutAnyOtherError()
    {
        var model = OnnxModels.Mlp(1, 4, 8, 1);
        Prop.ForAll(Gen.Choose(0, model.Length - 1).Two().Zip(Gen.Choose(0, 255)).ArrayOf(3).ToArbitrary(), mutations =>
        {
            var bytes = model.ToArray();
            foreach (var ((at, cut), value) in mutations)
                bytes[at] = (byte)(cut % 7 == 0 ? bytes[cut] : value);
            try
            {
                ModelAdmission.Check(mutations.Length > 2 ? bytes[..mutations[2].Item1.Item2] : bytes, Options);
            }
            catch (InvalidInputException)
            {
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
    }

    [Fact]
    public async Task Admit_FileOutsideTheDirectoryOrLinkedOrChanged_IsRefused()
    {
        await using var environment = new TestEnvironment();
        var context = environment.Context;
        var model = OnnxModels.Scale(1, 2);
        var artifact = await context.Artifacts.PutBytesAsync(model, "application/onnx");
        var path = await context.Artifacts.GetLocalPathAsync(artifact.ParsedDigest);
        var admission = new ModelAdmission(context, Options);
        (await admission.AdmitAsync(path, artifact)).Should().Equal(model);
        (await admission.Trials.ListAsync()).Should().BeEmpty("what is proven is not tried");

        using var elsewhere = new TemporaryDirectory();
        File.WriteAllBytes(elsewhere["m.onnx"], model);
        await Refused<InvalidInputException>(admission, elsewhere["m.onnx"], artifact, "*outside*");
        await Refused<InvalidInputException>(admission, context.Directory + "-evil/m", artifact, "*outside*");
        var link = Path.Combine(context.Directory, "link.onnx");
        File.CreateSymbolicLink(link, elsewhere["m.onnx"]);
        await Refused<InvalidInputException>(admission, link, artifact, "*symbolic link*");
        var folder = Path.Combine(context.Directory, "folder");
        Directory.CreateSymbolicLink(folder, elsewhere["."]);
        await Refused<InvalidInputException>(admission, Path.Combine(folder, "m.onnx"), artifact, "*symbolic link*folder*");
        var changed = Path.Combine(context.Directory, "changed.onnx");
        File.WriteAllBytes(changed, [.. model[..^1], (byte)(model[^1] ^ 1)]);
        await Refused<CorruptDataException>(admission, changed, artifact, "*digest*");
        await Refused<InvalidInputException>(new ModelAdmission(context, Options with { MaximumBytes = 10 }), path, artifact, "*at most 10*");
    }

    private static Task Refused<TException>(ModelAdmission admission, string path, ArtifactRef artifact, string message)
        where TException : Exception =>
        FluentActions.Awaiting(() => admission.AdmitAsync(path, artifact).AsTask()).Should().ThrowAsync<TException>().WithMessage(message);

    private static byte[] WithGraph(Action<ProtoWriter> more) => OnnxModels.Model(more);

    private static byte[] WithTensor(Action<ProtoWriter> tensor) => WithGraph(g => g.Message(5, tensor));

    private static byte[] WithNode(string operation, Action<ProtoWriter> more) => WithGraph(g => g.Message(1, n =>
    {
        more(n);
        n.Text(4, operation);
    }));

    private static void Nest(ProtoWriter graph, int depth)
    {
        if (depth > 0)
            graph.Message(1, n => n.Text(4, "If").Message(5, a => a.Message(6, g => Nest(g, depth - 1))));
    }
}
