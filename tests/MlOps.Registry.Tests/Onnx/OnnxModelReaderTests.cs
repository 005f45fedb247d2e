using FsCheck;
using FsCheck.Fluent;
using Microsoft.ML.OnnxRuntime;

namespace MlOps.Registry.Tests;

public sealed class OnnxModelReaderTests
{
    [Fact]
    public void Read_Linear_GivesSignatureWithoutInitializers()
    {
        var model = OnnxModelReader.Read(OnnxBytes.Linear());
        model.Signature.Inputs.Should().BeEquivalentTo([new TensorSpec("features", "float", ["N", "3"])]);
        model.Signature.Outputs.Should().BeEquivalentTo([new TensorSpec("scores", "float", ["N", "1"])]);
        (model.IrVersion, model.Opsets[""], model.Producer, model.GraphName, model.Nodes, model.Initializers, model.HasExternalData)
            .Should().Be((8, 17, "tests", "linear", 1, 2, false));
    }

    [Fact]
    public void Read_SameModel_AgreesWithOnnxRuntime()
    {
        var bytes = OnnxBytes.Model(graph =>
        {
            graph.Message(1, node => node.Text(1, "x").Text(1, "scale").Text(2, "scaled").Text(4, "Mul"));
            graph.Message(1, node => node.Text(1, "ids").Text(2, "same").Text(4, "Identity"));
            graph.Message(1, node => node.Text(1, "name").Text(2, "text").Text(4, "Identity"));
            graph.Text(2, "mixed");
            OnnxBytes.Initializer(graph, "scale", [1], [2f]);
            OnnxBytes.Value(graph, 11, "x", 1, "batch", 2, 5);
            OnnxBytes.Value(graph, 11, "ids", 7, 4);
            OnnxBytes.Value(graph, 11, "name", 8, "n");
            OnnxBytes.Value(graph, 12, "scaled", 1, "batch", 2, 5);
            OnnxBytes.Value(graph, 12, "same", 7, 4);
            OnnxBytes.Value(graph, 12, "text", 8, "n");
        });
        using var session = new InferenceSession(bytes);
        var signature = OnnxModelReader.Read(bytes).Signature;
        Expected(session.InputMetadata).Should().BeEquivalentTo(signature.Inputs);
        Expected(session.OutputMetadata).Should().BeEquivalentTo(signature.Outputs);

        static IEnumerable<TensorSpec> Expected(IReadOnlyDictionary<string, NodeMetadata> metadata) => metadata.Select(pair => new TensorSpec(
            pair.Key, pair.Value.ElementDataType.ToString().ToLowerInvariant(),
            [.. pair.Value.Dimensions.Zip(pair.Value.SymbolicDimensions, (size, symbol) => symbol.Length > 0 ? symbol : $"{size}")]));
    }

    [Fact]
    public void Read_SequenceOfMaps_NamesTheContainer()
    {
        var bytes = OnnxBytes.Model(graph => graph.Message(12, value => value.Text(1, "probabilities").Message(2, type => type.Message(4, sequence =>
            sequence.Message(1, element => element.Message(5, map => map.Number(1, 7).Message(2, mapValue => mapValue.Message(1, tensor => tensor.Number(1, 1)))))))));
        OnnxModelReader.Read(bytes).Signature.Outputs.Should().ContainSingle().Which.ElementType.Should().Be("seq(map(int64,float))");
    }

    [Fact]
    public void Read_ScalarUnknownRankAndUnknownDimension_AreToldApart()
    {
        var bytes = OnnxBytes.Model(graph =>
        {
            OnnxBytes.Value(graph, 11, "scalar", 1);
            graph.Message(11, value => value.Text(1, "any").Message(2, type => type.Message(1, tensor => tensor.Number(1, 1))));
            graph.Message(11, value => value.Text(1, "open").Message(2, type => type.Message(1, tensor => tensor.Number(1, 1).Message(2, shape => shape.Message(1, _ => { })))));
        });
        OnnxModelReader.Read(bytes).Signature.Inputs.Select(input => string.Join(",", input.Shape)).Should().Equal("", "...", "?");
    }

    [Fact]
    public void Read_ExternalData_IsReported()
    {
        var bytes = OnnxBytes.Model(graph => graph.Message(5, tensor => tensor.Text(8, "w")
            .Message(13, entry => entry.Text(1, "location").Text(2, "../../etc/passwd")).Number(14, 1)));
        OnnxModelReader.Read(bytes).HasExternalData.Should().BeTrue();
        FluentActions.Invoking(() => new ModelVersionBuilder(null!, "m").WithOnnx(bytes)).Should().Throw<InvalidInputException>();
    }

    [Fact]
    public void Read_EveryTruncation_IsRefusedOrComplete()
    {
        var bytes = OnnxBytes.Linear();
        var whole = OnnxModelReader.Read(bytes);
        for (var length = 0; length < bytes.Length; length++)
        {
            try
            {
                // Cut between two fields of the outermost message a shorter valid message remains.
                OnnxModelReader.Read(bytes.AsMemory(0, length)).Signature.Should().BeEquivalentTo(whole.Signature);
            }
            catch (InvalidInputException)
            {
            }
        }
    }

    [Fact]
    public void Read_RandomDamage_NeverEndsInAnotherError()
    {
        var original = OnnxBytes.Linear();
        Prop.ForAll(
            Gen.Zip(Gen.Choose(0, original.Length - 1), Gen.Choose(0, 255)).ArrayOf().ToArbitrary(),
            changes =>
            {
                var bytes = original.ToArray();
                foreach (var (at, value) in changes)
                    bytes[at] = (byte)value;
                try
                {
                    OnnxModelReader.Read(bytes);
                }
                catch (InvalidInputException)
                {
                }

                return true;
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
    }

    public static TheoryData<string, byte[]> Hostile() => new()
    {
        { "empty", [] },
        { "text", "hello, world"u8.ToArray() },
        { "length past the end", new ProtoWriter().Number(1, 8).Tag(7, 2).Raw(1_000).ToArray() },
        { "length of 2^63", new ProtoWriter().Number(1, 8).Tag(7, 2).Raw(1UL << 63).ToArray() },
        { "inner length past the outer", new ProtoWriter().Number(1, 8).Message(7, graph => graph.Tag(2, 2).Raw(500)).ToArray() },
        { "endless number", [0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF] },
        { "group", new ProtoWriter().Number(1, 8).Tag(7, 3).ToArray() },
        { "field 0", new ProtoWriter().Tag(0, 0).Raw(1).ToArray() },
        { "huge name", OnnxBytes.Model(graph => graph.Text(2, new string('x', 100_000))) },
        { "name not UTF-8", OnnxBytes.Model(graph => graph.Bytes(2, [0xFF, 0xFE])) },
        { "negative dimension", OnnxBytes.Model(graph => OnnxBytes.Value(graph, 11, "x", 1, -5)) },
        { "too many dimensions", OnnxBytes.Model(graph => OnnxBytes.Value(graph, 11, "x", 1, [.. Enumerable.Repeat<object>(1, 100)])) },
        { "deep type", OnnxBytes.Model(graph => graph.Message(11, value => value.Text(1, "x").Message(2, type => Nest(type, 50)))) },
        { "two graphs", new ProtoWriter().Number(1, 8).Message(7, _ => { }).Message(7, _ => { }).ToArray() },
        { "no graph", new ProtoWriter().Number(1, 8).ToArray() },
        { "no version", new ProtoWriter().Message(7, _ => { }).ToArray() },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Read_Hostile_IsRefused(string what, byte[] bytes) =>
        FluentActions.Invoking(() => OnnxModelReader.Read(bytes)).Should().Throw<InvalidInputException>(what);

    [Fact]
    public void Read_LargerThanAllowed_IsRefused()
    {
        using var stream = new MemoryStream(OnnxBytes.Linear(50_000));
        FluentActions.Invoking(() => OnnxModelReader.Read(stream, 100_000)).Should().Throw<InvalidInputException>();
    }

    private static void Nest(ProtoWriter type, int depth)
    {
        if (depth > 0)
            type.Message(4, sequence => sequence.Message(1, inner => Nest(inner, depth - 1)));
    }
}
