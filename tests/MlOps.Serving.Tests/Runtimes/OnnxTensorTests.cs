namespace MlOps.Serving.Tests.Runtimes;

public sealed class OnnxTensorTests
{
    public static TheoryData<TensorType> Types => [.. Enum.GetValues<TensorType>()];

    [Theory]
    [MemberData(nameof(Types))]
    public void Run_Identity_GivesEveryTypeBack(TensorType type)
    {
        using var runtime = Load(TypedModels.Identity((int)type, "N", 3));
        var given = Filled(type, 2, 3);
        var answer = (TensorValue)runtime.Run(Inputs(("x", given)))["y"];
        (answer.Type, answer.Shape.ToArray()).Should().BeEquivalentTo((type, new[] { 2, 3 }));
        Bits(answer).Should().Equal(Bits(given));
        ReferenceEquals(answer, given).Should().BeFalse();
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Run_NoElements_GivesTheEmptyTensor(TensorType type)
    {
        using var runtime = Load(TypedModels.Identity((int)type, "N", 3));
        ((TensorValue)runtime.Run(Inputs(("x", TensorValue.Zeros(type, 0, 3))))["y"]).Shape.ToArray().Should().Equal(0, 3);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Run_Scalar_StaysWithoutDimensions(TensorType type)
    {
        using var runtime = Load(TypedModels.Identity((int)type));
        var given = Filled(type);
        var answer = (TensorValue)runtime.Run(Inputs(("x", given)))["y"];
        answer.Shape.Length.Should().Be(0);
        Bits(answer).Should().Equal(Bits(given));
    }

    [Fact]
    public void Run_ZipMap_GivesASequenceOfMaps()
    {
        using var runtime = Load(TypedModels.ZipMap());
        runtime.Outputs[0].ElementType.Should().Be("sequence(map(string,float))");
        var rows = (SequenceValue)runtime.Run(Inputs(("x", TensorValue.Create([0.25f, 0.75f, 1f, 0f], 2, 2))))["y"];
        rows.Items.Should().HaveCount(2);
        var map = (MapValue)rows.Items[0];
        map.Keys.AsSpan<string>().ToArray().Should().Equal("no", "yes");
        map.Values.AsSpan<float>().ToArray().Should().Equal(0.25f, 0.75f);
    }

    [Fact]
    public void Run_MapIn_IsTaken()
    {
        using var runtime = Load(TypedModels.DictVectorizer());
        var map = new MapValue(TensorValue.Create(new[] { "c", "a" }), TensorValue.Create([3f, 1f]));
        ((TensorValue)runtime.Run(Inputs(("x", map)))["y"]).AsSpan<float>().ToArray().Should().Equal(1f, 0f, 3f);
    }

    [Fact]
    public void Run_SequenceInAndOut_KeepsItsItems()
    {
        using var at = Load(TypedModels.SequenceAt());
        var sequence = new SequenceValue([TensorValue.Create([1f, 2f]), TensorValue.Create([3f, 4f, 5f])]);
        ((TensorValue)at.Run(Inputs(("x", sequence), ("i", TensorValue.Create([1L]))))["y"]).AsSpan<float>().ToArray().Should().Equal(3f, 4f, 5f);

        using var construct = Load(TypedModels.SequenceConstruct());
        var made = (SequenceValue)construct.Run(Inputs(("a", TensorValue.Create([1f, 2f])), ("b", TensorValue.Create([3f, 4f]))))["y"];
        made.Items.Cast<TensorValue>().Select(item => item.AsSpan<float>().ToArray()).Should().BeEquivalentTo(new[] { new[] { 1f, 2f }, [3f, 4f] });
    }

    [Fact]
    public void Run_InputWithDefault_MayBeLeftOut()
    {
        using var runtime = Load(TypedModels.AddWithDefault());
        runtime.Inputs.Select(input => input.Name).Should().Equal("a");
        ((TensorValue)runtime.Run(Inputs(("a", TensorValue.Create([1f, 2f]))))["y"]).AsSpan<float>().ToArray().Should().Equal(11f, 12f);
        ((TensorValue)runtime.Run(Inputs(("a", TensorValue.Create([1f, 2f])), ("b", TensorValue.Create([5f], 1))))["y"]).AsSpan<float>().ToArray().Should().Equal(6f, 7f);
    }

    [Fact]
    public void Run_WrongInputs_SaysWhatWasWantedAndWhatCame()
    {
        using var runtime = Load(TypedModels.Identity(1, "N", 3));
        Refused(runtime, "*'x'*float[[]N, 3]*double[[]2, 3]*", ("x", TensorValue.Zeros(TensorType.Double, 2, 3)));
        Refused(runtime, "*'x'*float[[]N, 3]*float[[]6]*", ("x", TensorValue.Zeros(TensorType.Float, 6)));
        Refused(runtime, "*'x'*float[[]N, 3]*float[[]2, 4]*", ("x", TensorValue.Zeros(TensorType.Float, 2, 4)));
        Refused(runtime, "*'x'*missing*float[[]N, 3]*nothing*");
        Refused(runtime, "*no input 'y'*", ("y", TensorValue.Zeros(TensorType.Float, 2, 3)));
        Refused(runtime, "*'x'*sequence of 0*", ("x", new SequenceValue([])));
        FluentActions.Invoking(() => runtime.Run(Inputs(("x", TensorValue.Zeros(TensorType.Float, 2, 3))), ["z"])).Should().Throw<InvalidInputException>().WithMessage("*no output 'z'*");

        using var sequence = Load(TypedModels.SequenceAt());
        Refused(sequence, "*'x'*empty sequence*", ("x", new SequenceValue([])), ("i", TensorValue.Create([0L])));
        Refused(sequence, "*'x'*sequence of float*int64*", ("x", new SequenceValue([TensorValue.Create([1L, 2L])])), ("i", TensorValue.Create([0L])));
    }

    [Fact]
    public void Run_SymbolOfTwoSizes_IsRefusedUnlessTurnedOff()
    {
        Refused(Load(TypedModels.Add("N")), "*Dimension 0*'b'*'N'*2*'a'*1*", ("a", TensorValue.Create([1f, 2f], 2)), ("b", TensorValue.Create([3f], 1)));
        using var lenient = OnnxModelRuntime.Load(TypedModels.Add("N"), new OnnxRuntimeOptions { CheckSymbolicDimensions = false }, "test:1");
        ((TensorValue)lenient.Run(Inputs(("a", TensorValue.Create([1f, 2f], 2)), ("b", TensorValue.Create([3f], 1))))["y"]).AsSpan<float>().ToArray().Should().Equal(4f, 5f);
    }

    [Theory]
    [InlineData(14, "Complex64")]
    [InlineData(22, "*")]
    public void Load_ElementsThatCannotBeGiven_IsRefused(int elementType, string name) =>
        FluentActions.Invoking(() => Load(TypedModels.Identity(elementType, "N"))).Should().Throw<InvalidDefinitionException>().WithMessage($"*{name}*");

    [Theory]
    [InlineData(TensorType.Double)]
    [InlineData(TensorType.Float16)]
    public void Buffer_RowsOfAnotherWidth_AreConverted(TensorType type)
    {
        using var runtime = Load(TypedModels.NegRows((int)type));
        (runtime.HasRows, runtime.OutputName).Should().Be((true, "y"));
        using var buffer = runtime.CreateBuffer(4);
        new[] { 1f, -2.5f, 3f, 0.25f }.CopyTo(buffer.Input.Span);
        buffer.Run(2);
        buffer.Output.Span[..4].ToArray().Should().Equal(-1f, 2.5f, -3f, -0.25f);
    }

    [Fact]
    public void Buffer_Aborted_RunsAgainAfterResume()
    {
        using var runtime = Load(OnnxModels.Mlp(1, 5, 8, 2));
        using var buffer = (OnnxBatchBuffer)runtime.CreateBuffer(4);
        using var other = runtime.CreateBuffer(4);
        buffer.TryAbort().Should().BeTrue();
        FluentActions.Invoking(() => buffer.Run(2)).Should().Throw<Exception>();
        other.Run(2);
        buffer.Resume();
        buffer.Run(2);
        buffer.Output.Span[..4].ToArray().Should().Equal(other.Output.Span[..4].ToArray());
    }

    private static void Refused(OnnxModelRuntime runtime, string message, params (string, ModelValue)[] inputs) =>
        FluentActions.Invoking(() => runtime.Run(Inputs(inputs))).Should().Throw<InvalidInputException>().WithMessage(message.Replace("[[]", "["));

    private static OnnxModelRuntime Load(byte[] model) => OnnxModelRuntime.Load(model, new OnnxRuntimeOptions(), "test:1");

    private static Dictionary<string, ModelValue> Inputs(params (string Name, ModelValue Value)[] inputs) => inputs.ToDictionary(input => input.Name, input => input.Value);

    private static TensorValue Filled(TensorType type, params int[] shape)
    {
        var tensor = TensorValue.Zeros(type, shape);
        if (tensor is TensorValue<string> texts)
        {
            for (var i = 0; i < texts.Length; i++)
                texts.Data.Span[i] = i % 2 == 0 ? $"t\u00e9xt {i}" : "";
        }
        else
        {
            for (var i = 0; i < tensor.Length; i++)
                tensor.Bytes[i * tensor.ElementSize] = (byte)(type == TensorType.Bool ? i & 1 : i + 1);
        }

        return tensor;
    }

    private static object[] Bits(TensorValue tensor) =>
        tensor is TensorValue<string> texts ? [.. texts.Data.ToArray()] : [.. tensor.Bytes.ToArray().Cast<object>()];
}
