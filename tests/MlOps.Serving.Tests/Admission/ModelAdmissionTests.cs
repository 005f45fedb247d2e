using FsCheck;
using FsCheck.Fluent;

namespace MlOps.Serving.Tests.Admission;

public sealed class ModelAdmissionTests
{
    private static readonly ModelAdmissionOptions Options = new();

    // That they are refused is tested by the families of HostileModels; here it is the words.
    public static TheoryData<string, byte[], string> Messages => new()
    {
        { "empty", [], "The model file is empty." },
        { "zip", "PK\u0003\u0004..."u8.ToArray(), "*zip archive: export the model to ONNX." },
        { "pickle", [0x80, 0x02, 0x63], "*pickle, which runs code when it is loaded*" },
        { "length lies", new ProtoWriter().Int(1, 8).Raw(0x3a, 0xff, 0xff, 0xff, 0x7f).ToArray(), "*field 7 that claims 268435455 bytes where 0 remain*" },
        { "external data", WithTensor(t => t.Int(1, 1).Int(2, 1).Text(8, "w").Int(14, 1)), "graph 'graph', tensor 'w': the tensor refers to data outside the file: embed the weights*" },
        { "in a branch", WithNode("If", n => n.Text(3, "choice").Message(5, a => a.Message(6, g => g.Text(2, "then").Message(5, t => t.Text(8, "w").Int(14, 1))))), "graph 'graph', node 'choice' (If), graph 'then', tensor 'w': *outside the file*" },
        { "huge shape", WithTensor(t => t.Text(8, "w").Int(1, 1L << 40).Int(2, 1)), "*tensor 'w': the shape [1099511627776] *more than 1073741824 bytes. Raise ModelAdmissionOptions.MaximumTensorBytes*" },
        { "short data", WithTensor(t => t.Int(1, 8).Int(2, 1).Bytes(9, new byte[4])), "*4 bytes where its shape [8] and type need 32*" },
        { "Expand of 8 GB", WithGraph(g =>
        {
            OnnxModels.Node(g, "Expand", ["input", "shape"], ["output"]);
            g.Message(5, t => OnnxModels.TensorBody(t, "shape", [1], 7, BitConverter.GetBytes(2_000_000_000L)));
        }), "node without name (Expand): the constant 'shape' = [2000000000] asks for a tensor of 2000000000 elements*MaximumTensorBytes*" },
        { "Loop", WithNode("Loop", _ => { }), "node without name (Loop): the number of turns of the loop is neither a constant*AllowLoops*" },
        { "deep nesting", OnnxModels.Model(g => Nest(g, 40)), "*nested deeper than 16*MaximumDepth*" },
        { "too many nodes", OnnxModels.Model(g => { for (var i = 0; i < 50_001; i++) g.Message(1, n => n.Text(4, "Abs")); }), "*50000 nodes*MaximumNodes*" },
        { "training", OnnxModels.Model(_ => { }, m => m.Message(20, _ => { })), "*training information*" },
    };

    [Theory]
    [MemberData(nameof(Messages))]
    public void Check_HostileFile_NamesThePlaceTheValueAndTheOption(string kind, byte[] file, string message) =>
        FluentActions.Invoking(() => ModelAdmission.Check(file, Options)).Should().Throw<InvalidInputException>(kind).WithMessage(message);

    [Fact]
    public void Check_LoopsWithinTheBound_Pass()
    {
        ModelAdmission.Check(HostileModels.Seeds.Single(seed => seed.Name == "loop").File, Options).Should().BeFalse("loops are tried");
        FluentActions.Invoking(() => ModelAdmission.Check(HostileModels.Seeds.Single(seed => seed.Name == "loop").File, Options with { MaximumTrips = 4 }))
            .Should().Throw<InvalidInputException>().WithMessage("*5 turns; at most 4*MaximumTrips*");
        var endless = HostileModels.Find("Loop without a trip count");
        ModelAdmission.Check(endless, Options with { AllowLoops = true }).Should().BeFalse();
    }

    [Fact]
    public void Check_OrdinaryModels_Pass()
    {
        ModelAdmission.Check(OnnxModels.Mlp(1, 32, 64, 64, 1), Options).Should().BeTrue();
        ModelAdmission.Check(OnnxModels.Mlp(1, 8, 32, 64, 64, 1), Options).Should().BeTrue();
        ModelAdmission.Check(OnnxModels.Scale(2, 3), Options).Should().BeTrue();
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
