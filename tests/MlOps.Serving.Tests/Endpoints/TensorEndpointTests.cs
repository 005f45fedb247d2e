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

    [Fact]
    public async Task PredictAsync_ModelOfRows_IsRecordedRowByRow()
    {
        await using var fixture = new ServingFixture();
        await fixture.Endpoints["flight-delay"].SetTrafficAsync(TrafficPolicy.Single(await fixture.RegisterScaleAsync(3)), "test");
        var answer = await fixture.Endpoints["flight-delay"].PredictAsync(Inputs(), context: new PredictionContext { Key = "k" });
        fixture.Sink.Records.Select(record => (record.Features[0], record.Scores[1], record.Record.Key)).Should().Equal((1, 6, "k"), (3, 12, "k"));
        fixture.Sink.Records.Select(record => record.Record.Id).Should().Equal(answer.Id, answer.IdOf(1)).And.OnlyHaveUniqueItems();
        fixture.Sink.Records[0].Record.FeatureNames.Should().Equal("a", "b");
    }

    [Fact]
    public async Task PredictAsync_OtherModel_IsRecordedOnceWithItsFloatOutputs()
    {
        await using var fixture = new ServingFixture();
        var endpoint = fixture.Endpoints["flight-delay"];
        await endpoint.SetTrafficAsync(TrafficPolicy.Single(await fixture.RegisterAsync(TensorModels.TwoInputs(1, 2, 1, 4), [])), "test");
        var answer = await endpoint.PredictAsync(TwoInputs());
        var record = fixture.Sink.Records.Should().ContainSingle().Which;
        record.Features.Should().BeEmpty();
        record.Scores.Should().Equal([answer["score"].AsSpan<float>()[0], 1, 2, 3]);
        record.Record.Id.Should().Be(answer.Id);
    }

    [Fact]
    public async Task PredictAsync_Shadow_GetsTensorsToo()
    {
        await using var fixture = new ServingFixture();
        var endpoint = fixture.Endpoints["flight-delay"];
        var (one, two) = (await fixture.RegisterScaleAsync(1), await fixture.RegisterScaleAsync(2));
        await endpoint.SetTrafficAsync(TrafficPolicy.Single(one).WithShadow(two), "test");
        var answer = await endpoint.PredictAsync(Inputs());
        answer["output"].AsSpan<float>().ToArray().Should().Equal(1, 2, 3, 4);
        await fixture.Sink.Shadowed.WaitAsync();
        await fixture.Sink.Shadowed.WaitAsync();
        var shadowed = fixture.Sink.Records.Where(record => record.Record.IsShadow).ToArray();
        shadowed.Select(record => record.Scores[0]).Should().Equal(2, 6);
        shadowed.Select(record => record.Record.Version).Should().AllBeEquivalentTo(two);
        shadowed[0].Record.Id.Should().Be(answer.Id);
    }

    [Fact]
    public async Task PredictIntoAsync_CallersMemory_IsWritten()
    {
        await using var fixture = new ServingFixture();
        var endpoint = fixture.Endpoints["flight-delay"];
        await endpoint.SetTrafficAsync(TrafficPolicy.Single(await fixture.RegisterScaleAsync(3)), "test");
        var scores = new float[4];
        var answer = await endpoint.PredictIntoAsync(Inputs(), new Dictionary<string, TensorValue> { ["output"] = TensorValue.Create(scores, 2, 2) });
        scores.Should().Equal(3, 6, 9, 12);
        answer["output"].AsSpan<float>().ToArray().Should().Equal(scores);
        var wrong = async () => await endpoint.PredictIntoAsync(Inputs(), new Dictionary<string, TensorValue> { ["output"] = TensorValue.Create(scores, 4) });
        await wrong.Should().ThrowAsync<InvalidInputException>();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task PredictAsync_RowsWithNaN_AreRefusedAsRowsAre(int rows)
    {
        await using var fixture = new ServingFixture();
        var endpoint = fixture.Endpoints["flight-delay"];
        await endpoint.SetTrafficAsync(TrafficPolicy.Single(await fixture.RegisterScaleAsync(3)), "test");
        var values = new float[rows * 2];
        values[^1] = float.NaN;
        var call = async () => await endpoint.PredictAsync(new Dictionary<string, ModelValue> { ["input"] = TensorValue.Create(values, rows, 2) });
        (await call.Should().ThrowAsync<InvalidInputException>()).WithMessage($"*Element 2 of row {rows} of input 'input'*NaN*");
    }

    private static Dictionary<string, ModelValue> TwoInputs() => new() { ["left"] = TensorValue.Create([1f, 2f], 1, 2), ["right"] = TensorValue.Create([3f], 1, 1) };

    private static Dictionary<string, ModelValue> Inputs() => new() { ["input"] = TensorValue.Create([1f, 2f, 3f, 4f], 2, 2) };
}
