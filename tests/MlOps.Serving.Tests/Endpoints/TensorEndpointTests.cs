using Microsoft.Extensions.DependencyInjection;

namespace MlOps.Serving.Tests.Endpoints;

public sealed class TensorEndpointTests
{
    [Fact]
    public async Task PredictAsync_Tensors_AnswersAsTheRowPath()
    {
        await using var fixture = new ServingFixture();
        var version = await fixture.RegisterScaleAsync(3);
        await fixture.Endpoints["flight-delay"].SetTrafficAsync(TrafficPolicy.Single(version), "test");
        var answer = await fixture.Endpoints["flight-delay"].PredictAsync(Inputs());
        answer.Version.Should().Be(version);
        answer["output"].Shape.ToArray().Should().Equal(2, 2);
        answer["output"].AsSpan<float>().ToArray().Should().Equal(3, 6, 9, 12);
    }

    [Fact]
    public async Task PredictAsync_UnknownInput_NamesTheKnownOnes()
    {
        await using var fixture = new ServingFixture();
        await fixture.Endpoints["flight-delay"].SetTrafficAsync(TrafficPolicy.Single(await fixture.RegisterScaleAsync(3)), "test");
        var call = async () => await fixture.Endpoints["flight-delay"].PredictAsync(new Dictionary<string, ModelValue> { ["inputt"] = TensorValue.Create(new float[2], 1, 2) });
        (await call.Should().ThrowAsync<InvalidInputException>()).WithMessage("*inputt*input*");
    }

    [Fact]
    public async Task ServedModels_ByVersion_AnswersBesideTheTraffic()
    {
        await using var fixture = new ServingFixture();
        var (one, two) = (await fixture.RegisterScaleAsync(1), await fixture.RegisterScaleAsync(2));
        var models = fixture.Services.GetRequiredKeyedService<IServedModels>("sandbox");
        (await models.PredictAsync(two, Inputs()))["output"].AsSpan<float>().ToArray().Should().Equal(2, 4, 6, 8);
        (await models.DescribeAsync(one)).Inputs.Should().ContainSingle().Which.Name.Should().Be("input");
        models.List().Should().HaveCount(2);
        (await models.UnloadAsync(one)).Should().BeTrue();
        models.List().Should().ContainSingle();
    }

    private static Dictionary<string, ModelValue> Inputs() => new() { ["input"] = TensorValue.Create([1f, 2f, 3f, 4f], 2, 2) };
}
