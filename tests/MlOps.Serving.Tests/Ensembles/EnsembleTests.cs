using System.Text;
using Microsoft.Extensions.DependencyInjection;
using MlOps.Registry;

namespace MlOps.Serving.Tests.Ensembles;

public sealed class EnsembleTests
{
    [Fact]
    public void Run_ModelsAndFunctions_GivesWhatTheStepsGiveOneByOne()
    {
        using var first = Model(OnnxModels.Mlp(1, 4, 8, 3));
        using var second = Model(OnnxModels.Mlp(2, 3, 8, 2));
        using var ensemble = new EnsembleBuilder("chain")
            .Model("second", second, step => step.Take("input", "doubled").Give("output", "score"), owned: false)
            .Function("double", (inputs, _) => Values(("y", Map(inputs["x"], value => 2 * value))), step => step.Take("x", "hidden").Give("y", "doubled"))
            .Model("first", first, step => step.Take("input", "features").Give("output", "hidden"), owned: false)
            .Input("features", TensorType.Float, "N", "4")
            .Output("score").Output("hidden")
            .Build();
        var x = TensorValue.Create(OnnxModels.Values(new Random(3), 20), 5, 4);
        var results = ensemble.Run(Values(("features", x)));

        var hidden = (TensorValue)first.Run(Values(("input", x)))["output"];
        var expected = (TensorValue)second.Run(Values(("input", Map(hidden, value => 2 * value))))["output"];
        ((TensorValue)results["score"]).Bytes.ToArray().Should().Equal(expected.Bytes.ToArray());
        ((TensorValue)results["hidden"]).Bytes.ToArray().Should().Equal(hidden.Bytes.ToArray());
        ensemble.Run(Values(("features", x)), ["score"]).Keys.Should().Equal("score");
        ensemble.Outputs.Select(output => (output.Name, string.Join(",", output.Shape))).Should().Equal(("score", "N,2"), ("hidden", "N,3"));
        (ensemble.HasRows, ensemble.Device).Should().Be((false, "cpu"));
    }

    [Fact]
    public void Run_FunctionThatKeepsItsInput_GivesMemoryOfItsOwn()
    {
        using var ensemble = new EnsembleBuilder("identity")
            .Input("x", TensorType.Float, "N", "2")
            .Model("scale", Model(OnnxModels.Scale(3, 2)), step => step.Take("input", "x").Give("output", "scaled"))
            .Function("same", (inputs, _) => inputs, step => step.Take("scaled").Give("scaled", "y"))
            .Output("y").Build();
        var results = Enumerable.Range(0, 50).Select(i => (TensorValue)ensemble.Run(Values(("x", TensorValue.Create([i, i + 1f], 1, 2))))["y"]).ToArray();
        GC.Collect();
        for (var i = 0; i < results.Length; i++)
            results[i].AsSpan<float>().ToArray().Should().Equal(3 * i, 3 * (i + 1));
    }

    [Fact]
    public void Run_BranchesWithoutOrder_RunAtOnce()
    {
        using var both = new Barrier(2);
        TensorFunction meet = (inputs, cancelled) => both.SignalAndWait(TimeSpan.FromSeconds(30), cancelled) ? Values(("y", inputs["x"])) : throw new TimeoutException("the other branch did not come");
        using var ensemble = new EnsembleBuilder("branches")
            .Input("x", TensorType.Float, "N")
            .Function("left", meet, step => step.Take("x").Give("y", "l"))
            .Function("right", meet, step => step.Take("x").Give("y", "r"))
            .Model("add", Model(TypedModels.Add("N")), step => step.Take("a", "l").Take("b", "r").Give("y", "sum"))
            .Output("sum").Build();
        ((TensorValue)ensemble.Run(Values(("x", TensorValue.Create([1f, 2f]))))["sum"]).AsSpan<float>().ToArray().Should().Equal(2f, 4f);
    }

    [Fact]
    public void Run_Failures_NameTheStepAndWhoIsToBlame()
    {
        using var ensemble = new EnsembleBuilder("chain")
            .Input("x", TensorType.Float)
            .Model("first", Model(OnnxModels.Scale(3, 2)), step => step.Take("input", "x").Give("output", "h"))
            .Function("cut", (inputs, _) => Values(("y", TensorValue.Create([1f], 1, 1))), step => step.Take("h").Give("y", "cut"))
            .Model("second", Model(OnnxModels.Scale(3, 2)), step => step.Take("input", "cut").Give("output", "z"))
            .Output("z").Build();
        ensemble.Invoking(e => e.Run(Values(("x", TensorValue.Create([1f, 2f], 1, 2))))).Should().Throw<EnsembleStepException>().Which.Step.Should().Be("second");
        ensemble.Invoking(e => e.Run(Values(("x", TensorValue.Create([1f, 2f, 3f], 1, 3))))).Should().Throw<InvalidInputException>().WithMessage("*first*chain*");
        ensemble.Invoking(e => e.Run(Values(("x", TensorValue.Create([1, 2], 1, 2))))).Should().Throw<InvalidInputException>().WithMessage("*'x'*float*int32*");
        ensemble.Invoking(e => e.Run(Values())).Should().Throw<InvalidInputException>().WithMessage("*'x'*missing*");
        ensemble.Invoking(e => e.Run(Values(("x", TensorValue.Create([1f, 2f], 1, 2))), ["q"])).Should().Throw<InvalidInputException>().WithMessage("*no output 'q'*");
    }

    [Fact]
    public void Build_WrongGraphs_AreRefused()
    {
        static EnsembleBuilder New() => new EnsembleBuilder("e").Input("x", TensorType.Float, "N", "2");
        TensorFunction same = (inputs, _) => inputs;
        Refused(New().Function("a", same, s => s.Take("q").Give("y")).Output("y"), "*'a'*'q'*nothing gives*");
        Refused(New().Function("a", same, s => s.Take("z").Give("y")).Function("b", same, s => s.Take("y").Give("z")).Output("y"), "*'a', 'b'*wait for each other*");
        Refused(New().Function("a", same, s => s.Take("x").Give("x")).Output("x"), "*'x'*twice*request*'a'*");
        Refused(New().Function("a", same, s => s.Take("x").Give("y")).Output("z"), "*'z'*no step*");
        Refused(New().Function("a", same, s => s.Take("x")).Output("x"), "*'a'*function*Give*");
        Refused(New().Model("m", Model(OnnxModels.Scale(1, 2)), s => s.Take("inptu", "x")).Output("output"), "*'m'*no input 'inptu'*input*");
        Refused(New().Model("m", new ModelVersionRef("m", 1)).Output("output"), "*'m'*m:1*register*");
        FluentActions.Invoking(() => New().Function("a", same, s => s.Give("y")).Function("a", same, s => s.Give("z"))).Should().Throw<InvalidDefinitionException>().WithMessage("*two steps 'a'*");
    }

    [Fact]
    public async Task Endpoint_EnsembleOfVersionsFromManifest_IsServed()
    {
        await using var fixture = new ServingFixture((services, environment) => services.AddKeyedSingleton(environment, ModelFunction.OfTensors(
            "negate", [new TensorSpec("x", "float", ["N", "2"])], [new TensorSpec("y", "float", ["N", "2"])], (inputs, _) => Values(("y", Map(inputs["x"], value => -value))))));
        var scale = await fixture.RegisterAsync(OnnxModels.Scale(3, 2), [], "scale");
        var manifest = $$"""
            {"name": "negated", "inputs": [{"name": "x", "type": "float", "shape": ["N", 2]}],
             "steps": [{"name": "scale", "model": "scale", "version": {{scale.Version}}, "take": {"input": "x"}, "give": {"output": "scaled"} },
                       {"name": "negate", "function": "negate", "take": {"x": "scaled"}, "give": {"y": "y"} }],
             "outputs": ["y"]}
            """;
        var version = await fixture.RegisterAsync(Encoding.UTF8.GetBytes(manifest), [], "negated", mediaType: ModelFunction.EnsembleMediaType);
        await fixture.Endpoints["negated"].SetTrafficAsync(TrafficPolicy.Single(version), "test");
        (await fixture.Endpoints["negated"].PredictAsync(Values(("x", TensorValue.Create([1f, 2f], 1, 2)))))["y"].AsSpan<float>().ToArray().Should().Equal(-3f, -6f);

        var wrong = await fixture.RegisterAsync(Encoding.UTF8.GetBytes(manifest.Replace("\"function\": \"negate\"", "\"function\": \"negat\"")), [], "wrong", mediaType: ModelFunction.EnsembleMediaType);
        var call = async () => await fixture.Endpoints["wrong"].SetTrafficAsync(TrafficPolicy.Single(wrong), "test");
        (await call.Should().ThrowAsync<InvalidDefinitionException>()).WithMessage("*negat*negate*");
    }

    [Fact]
    public async Task Endpoint_EnsembleThatContainsItself_IsRefused()
    {
        await using var fixture = new ServingFixture();
        var json = """{"inputs": [{"name": "x", "type": "float"}], "steps": [{"name": "s", "model": "loop", "version": 1}], "outputs": ["y"]}""";
        var version = await fixture.RegisterAsync(Encoding.UTF8.GetBytes(json), [], "loop", mediaType: ModelFunction.EnsembleMediaType);
        var call = async () => await fixture.Endpoints["loop"].SetTrafficAsync(TrafficPolicy.Single(version), "test");
        (await call.Should().ThrowAsync<InvalidDefinitionException>()).WithMessage("*contain each other*");
    }

    [Fact]
    public async Task Endpoint_RowFunctionByName_IsServedInBatches()
    {
        await using var fixture = new ServingFixture((services, environment) =>
        {
            services.AddKeyedSingleton(environment, ModelFunction.OfRows("sum", 2, 1, (input, output, rows) =>
            {
                for (var row = 0; row < rows; row++)
                    output[row] = input[row * 2] + input[(row * 2) + 1];
            }));
            services.AddKeyedSingleton(environment, ModelFunction.OfEnsemble("twice", ensemble => ensemble
                .Input("input", TensorType.Float, "N", "2").Model("sum", new ModelVersionRef("sum", 1)).Output("output")));
        });
        var version = await fixture.RegisterAsync("""{"function": "sum"}"""u8.ToArray(), ["a", "b"], "sum", mediaType: ModelFunction.MediaType);
        await fixture.Endpoints["sum"].SetTrafficAsync(TrafficPolicy.Single(version), "test");
        (await fixture.Endpoints["sum"].PredictAsync(Values(("input", TensorValue.Create([1f, 2f, 3f, 4f], 2, 2)))))["output"].AsSpan<float>().ToArray().Should().Equal(3f, 7f);

        var ensemble = await fixture.RegisterAsync("""{"function": "twice"}"""u8.ToArray(), [], "twice", mediaType: ModelFunction.MediaType);
        await fixture.Endpoints["twice"].SetTrafficAsync(TrafficPolicy.Single(ensemble), "test");
        (await fixture.Endpoints["twice"].PredictAsync(Values(("input", TensorValue.Create([1f, 2f], 1, 2)))))["output"].AsSpan<float>().ToArray().Should().Equal(3f);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{"inputs": 3, "steps": [], "outputs": []}""")]
    [InlineData("""{"inputs": [], "steps": [], "outputs": [], "more": 1}""")]
    [InlineData("""{"inputs": [{"name": "x", "type": "floot"}], "steps": [], "outputs": []}""")]
    [InlineData("""{"inputs": [{"name": "x", "type": "float"}], "steps": [{"name": "s", "model": "m", "version": "one"}], "outputs": ["y"]}""")]
    [InlineData("""{"inputs": [{"name": "x", "type": "float", "shape": [1.5]}], "steps": [], "outputs": ["y"]}""")]
    public void Manifest_Malformed_IsRefused(string json) =>
        FluentActions.Invoking(() => EnsembleManifest.Read(Encoding.UTF8.GetBytes(json), "m:1", new Dictionary<string, ModelFunction>()))
            .Should().Throw<InvalidDefinitionException>().WithMessage("*m:1*");

    [Fact]
    public void StatefulSession_Function_CarriesItsState()
    {
        using var model = ManagedModelRuntime.OfTensors(
            "sum", [new("x", "float", ["1"]), new("state", "float", ["1"])], [new("y", "float", ["1"]), new("next", "float", ["1"])], (inputs, _) =>
            {
                var x = ((TensorValue)inputs["x"]).AsSpan<float>()[0];
                if (x < 0)
                    throw new InvalidOperationException("negative");
                var sum = TensorValue.Create([x + ((TensorValue)inputs["state"]).AsSpan<float>()[0]], 1);
                return Values(("y", sum), ("next", sum));
            });
        using var session = new StatefulSession(model, new Dictionary<string, string> { ["state"] = "next" });
        using var other = new StatefulSession(model, new Dictionary<string, string> { ["state"] = "next" }, initial: Values(("state", TensorValue.Create([100f], 1))));
        float Step(StatefulSession to, float x) => ((TensorValue)to.Run(Values(("x", TensorValue.Create([x], 1))))["y"]).AsSpan<float>()[0];
        (Step(session, 1), Step(session, 2), Step(other, 5)).Should().Be((1f, 3f, 105f));
        session.Invoking(s => Step(s, -1)).Should().Throw<InvalidOperationException>();
        Step(session, 4).Should().Be(7);
        session.Reset();
        Step(session, 4).Should().Be(4);
        session.Invoking(s => s.Run(Values(("state", TensorValue.Create([1f], 1))))).Should().Throw<InvalidInputException>();
        FluentActions.Invoking(() => new StatefulSession(model, new Dictionary<string, string> { ["stat"] = "next" })).Should().Throw<InvalidDefinitionException>().WithMessage("*'stat'*state*");
        session.Dispose();
        session.Invoking(s => Step(s, 1)).Should().Throw<ObjectDisposedException>();
    }

    private static void Refused(EnsembleBuilder builder, string message) => builder.Invoking(b => b.Build()).Should().Throw<InvalidDefinitionException>().WithMessage(message);

    private static IModelRuntime Model(byte[] model) => OnnxModel.Load(model);

    private static Dictionary<string, ModelValue> Values(params (string Name, ModelValue Value)[] values) => values.ToDictionary(value => value.Name, value => value.Value);

    private static TensorValue Map(ModelValue value, Func<float, float> map)
    {
        var tensor = (TensorValue)value;
        return TensorValue.Create(Array.ConvertAll(tensor.AsSpan<float>().ToArray(), number => map(number)), tensor.Shape);
    }
}
