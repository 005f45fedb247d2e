using Microsoft.Extensions.DependencyInjection;

namespace MlOps.Serving.Tests.Models;

public sealed class SmokeTestTests
{
    private const string Inputs = """ "inputs": [{"name": "input", "shape": [2, 2], "datatype": "FP32", "data": [[1, 2], [3, 4]]}] """;

    [Theory]
    [InlineData("""{"name": "output", "shape": [2, 2], "datatype": "FP32", "data": [2, 4, 6, 8]}""", null)]
    [InlineData("""{"name": "output", "shape": [2, 2], "datatype": "FP32", "data": [2, 4, 6, 8.001]}""", "*'output' is 8 at element 4, expected 8.001*")]
    [InlineData("""{"name": "output", "shape": [1, 4], "datatype": "FP32", "data": [2, 4, 6, 8]}""", "*Float[2, 2], expected Float[1, 4]*")]
    [InlineData("""{"name": "output", "shape": [2, 2], "datatype": "FP64", "data": [2, 4, 6, 8]}""", "*Float[2, 2], expected Double*")]
    [InlineData("""{"name": "output", "shape": [2, 3], "datatype": "FP32", "data": [2, 4, 6, 8]}""", "*cannot be read*'output'*6 elements*4*")]
    [InlineData("""{"name": "output", "shape": [2, 2], "datatype": "FP12", "data": [2, 4, 6, 8]}""", "*cannot be read*'FP12'*")]
    [InlineData("""{"name": "other", "shape": [2, 2], "datatype": "FP32", "data": [2, 4, 6, 8]}""", "*fails on its stored example*no output 'other'*")]
    public async Task LoadAsync_ExampleInTensors_IsReplayed(string output, string? error)
    {
        await using var fixture = new ServingFixture();
        var version = await fixture.RegisterAsync(OnnxModels.Scale(2, 2), ["a", "b"], example: $$"""{ {{Inputs}}, "outputs": [{{output}}], "tolerance": 1e-5 }""");
        var models = fixture.Services.GetRequiredKeyedService<IServedModels>("sandbox");
        if (error is null)
            (await models.LoadAsync(version)).State.Should().Be(ServedModelState.Ready);
        else
            (await models.Invoking(m => m.LoadAsync(version).AsTask()).Should().ThrowAsync<InvalidDefinitionException>()).WithMessage(error);
    }

    [Fact]
    public async Task LoadAsync_ModelWithoutRows_IsWarmedUpByItsExampleOrByItsShapes()
    {
        var add = OnnxModels.Model(graph =>
        {
            OnnxModels.Node(graph, "Add", ["x", "y"], ["z"]);
            OnnxModels.ValueInfo(graph, 11, "x", "N", 2);
            OnnxModels.ValueInfo(graph, 11, "y", "N", 2);
            OnnxModels.ValueInfo(graph, 12, "z", "N", 2);
        });
        await using var fixture = new ServingFixture();
        var plain = await fixture.RegisterAsync(add, []);
        (await fixture.Deployer.VerifyAsync(plain)).Message.Should().Contain("ran").And.Contain("no stored example");
        var tested = await fixture.RegisterAsync(add, [], example: """
            { "inputs": [{"name": "x", "shape": [1, 2], "datatype": "FP32", "data": [1, 2]}, {"name": "y", "shape": [1, 2], "datatype": "FP32", "data": [3, 4]}],
              "outputs": [{"name": "z", "shape": [1, 2], "datatype": "FP32", "data": [4, 6]}] }
            """);
        (await fixture.Deployer.VerifyAsync(tested)).Message.Should().Contain("reproduced its stored example of 1 tensors");
    }
}
